//! Results on stdout, errors on stderr. A closed pipe is no reason to panic, as `println!` would.

use crate::error::Error;
use serde::Serialize;
use std::{io::Write as _, process::ExitCode};

/// Writes one line to stdout.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| Error::new("cannot write to stdout").because(error))
}

/// Writes a value to stdout as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Error> {
    line(
        &serde_json::to_string(value)
            .map_err(|error| Error::new("cannot show the result").because(error))?,
    )
}

/// Shows why the command failed, in one line.
pub(crate) fn fail(error: &Error) -> ExitCode {
    let text = error.to_string();
    let line: Vec<&str> = text.lines().map(str::trim).collect();
    // If stderr is closed as well there is nobody left to tell; the status still says it.
    writeln!(std::io::stderr(), "error: {}", line.join(" ")).ok();
    ExitCode::from(1)
}

//! Results on stdout; what they came to, and errors, on stderr. A closed pipe is no reason to
//! panic, as `println!` would.

use crate::error::Error;
use serde::Serialize;
use std::{io::Write as _, process::ExitCode, sync::mpsc, thread, time::Duration};

/// So long the end of the process waits for who reads stderr.
const LAST_WORDS: Duration = Duration::from_secs(1);

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

/// How a command ended that could run.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Lines for stderr, behind the log.
    last_lines: String,
    code: u8,
}

impl Ended {
    pub(crate) fn well() -> Self {
        Self { last_lines: String::new(), code: 0 }
    }

    /// With a summary. `left`: something was left that needs a person.
    pub(crate) fn with(last_lines: String, left: bool) -> Self {
        Self { last_lines, code: if left { LEFT } else { 0 } }
    }

    pub(crate) fn show(self) -> ExitCode {
        if !self.last_lines.is_empty() {
            to_stderr(self.last_lines);
        }
        ExitCode::from(self.code)
    }
}

/// The exit code of a run that left something in the dead-letter queue, unreadable, or put aside.
const LEFT: u8 = 3;

/// Shows why the command failed, in one line.
pub(crate) fn fail(error: &Error) -> ExitCode {
    let text = error.to_string();
    let line: Vec<&str> = text.lines().map(str::trim).collect();
    let before = error.before().map_or_else(String::new, |before| format!("{before}\n"));
    to_stderr(format!("{before}error: {}", line.join(" ")));
    ExitCode::from(1)
}

/// Writes the last there is to say, if somebody reads it: the process does not wait for a pipe that
/// is full. If stderr is closed there is nobody left to tell; the status still says it.
fn to_stderr(text: String) {
    let (written, is_written) = mpsc::channel::<()>();
    thread::spawn(move || {
        writeln!(std::io::stderr(), "{text}").ok();
        drop(written);
    });
    let _ = is_written.recv_timeout(LAST_WORDS);
}

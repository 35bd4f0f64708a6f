//! This program under valgrind.

use crate::parts::Pass;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) type Error = Box<dyn std::error::Error>;

/// How many instructions the process of a part took in all, and what one of its passes went
/// through.
///
/// # Errors
///
/// If there is no valgrind, or the part does not run under it.
pub(crate) fn count(part: &str, passes: usize) -> Result<(u64, Pass), Error> {
    let profile = profile(part);
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", profile.display()));
    command.arg(env::current_exe()?).args(["--part", part, &passes.to_string()]);
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "valgrind is not installed (on Debian: apt-get install valgrind)".into()
        }
        _ => format!("valgrind cannot be started: {error}"),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(
            format!("the part {part} ends with {} under valgrind: {said}", output.status).into()
        );
    }
    let pass = String::from_utf8(output.stdout)?.parse()?;
    Ok((total(&profile)?, pass))
}

/// Where the profile of a part is left.
pub(crate) fn profile(part: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind.{part}.out"))
}

/// The sum over all functions.
fn total(profile: &Path) -> Result<u64, Error> {
    let text = fs::read_to_string(profile)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.ok_or_else(|| format!("{} has no total", profile.display()))?.trim().parse()?)
}

//! A Python for a server to run on.

use super::program::Program;
use super::version::Version;
use crate::error::{BackendError, BackendErrorKind};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Tried in this order, each wherever `PATH` has it.
const NAMES: [&str; 5] = ["python3.13", "python3.12", "python3.11", "python3", "python"];

/// One line: version, the real executable (a shim's target), and what is missing.
const PROBE: &str = "\
import sys
missing = []
for name in ('venv', 'ensurepip'):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print('%d.%d.%d' % sys.version_info[:3], ','.join(missing) or '-', sys.executable)";

const PROBE_LIMIT: Duration = Duration::from_secs(20);

/// A Python interpreter that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Python {
    pub(crate) program: PathBuf,
    pub(crate) version: Version,
    /// Modules that making an environment needs and this one lacks.
    pub(crate) missing: Vec<String>,
}

/// The first Python along `path` (the value of `PATH`) that `wanted` can be installed with.
pub(crate) async fn find(path: Option<&OsStr>, wanted: &Program) -> Result<Python, BackendError> {
    let mut unfit = Vec::new();
    for program in programs(path) {
        match probe(&program).await {
            Some(python) if python.missing.is_empty() && pinned(wanted, &python) => {
                return Ok(python);
            }
            Some(python) => unfit.push(python),
            // A shim of a version manager that has no such version fails here.
            None => {}
        }
    }
    Err(nothing_fits(wanted, &unfit))
}

fn pinned(wanted: &Program, python: &Python) -> bool {
    (wanted.requirements)(python.version).is_some()
}

/// Any Python that can run the supervisor.
pub(crate) async fn find_any(path: Option<&OsStr>) -> Option<Python> {
    for program in programs(path) {
        if let Some(python) =
            probe(&program).await.filter(|python| python.version >= OLDEST_FOR_SUPERVISOR)
        {
            return Some(python);
        }
    }
    None
}

const OLDEST_FOR_SUPERVISOR: Version = Version { major: 3, minor: 8, patch: 0 };

fn programs(path: Option<&OsStr>) -> Vec<PathBuf> {
    let folders: Vec<PathBuf> =
        path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .filter(|program| program.is_file() && seen.insert(program.clone()))
        .collect()
}

async fn probe(program: &Path) -> Option<Python> {
    let mut command = Command::new(program);
    command.args(["-I", "-c", PROBE]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PROBE_LIMIT, command.output()).await.ok()?.ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.trim().splitn(3, ' ');
    let mut numbers = words.next()?.split('.').map(str::parse::<u32>);
    let version = Version {
        major: numbers.next()?.ok()?,
        minor: numbers.next()?.ok()?,
        patch: numbers.next()?.ok()?,
    };
    let missing = words.next()?.split(',').filter(|name| *name != "-").map(str::to_owned).collect();
    Some(Python { program: PathBuf::from(words.next()?), version, missing })
}

fn nothing_fits(wanted: &Program, unfit: &[Python]) -> BackendError {
    let (docker, start) =
        if wanted.docker { ("a running Docker, or ", "start Docker, or ") } else { ("", "") };
    let mut message = format!(
        "{} needs {docker}Python 3.11, 3.12 or 3.13 with the venv module: {start}install one",
        wanted.name
    );
    if let Some(python) = unfit.iter().find(|python| pinned(wanted, python)) {
        let Version { major, minor, .. } = python.version;
        message.push_str(&format!(
            " (Debian and Ubuntu: apt-get install python{major}.{minor}-venv)\nfound {} {}, which \
             lacks {}",
            python.program.display(),
            python.version,
            python.missing.join(" and "),
        ));
    } else {
        message.push_str(" (Debian and Ubuntu: apt-get install python3-venv)");
        let found: Vec<String> = unfit
            .iter()
            .map(|python| format!("{} {}", python.program.display(), python.version))
            .collect();
        if !found.is_empty() {
            message
                .push_str(&format!("\nfound {}: no such version is pinned here", found.join(", ")));
        }
    }
    BackendError::new(BackendErrorKind::Missing, message)
}

#[cfg(test)]
mod tests;

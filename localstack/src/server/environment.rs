//! The Python environment: made once, shared by every process, rebuilt when broken.

use super::notice::notice;
use super::program::Program;
use super::python::Python;
use super::supervisor::{self, Exit, Order, Supervised, unique};
use crate::error::{BackendError, BackendErrorKind};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Written last, before the environment is moved into place.
const MARKER: &str = "complete";
/// Says whether the packages are all there.
const CHECK: &str = include_str!("../../check.py");
const LIST: &str = "requirements.txt";
const CHECK_LIMIT: Duration = Duration::from_secs(30);
const INSTALL_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Which environment: for which program, its packages, a Python, and the folder that holds all
/// environments.
#[derive(Debug)]
pub(crate) struct Recipe<'a> {
    pub(crate) program: &'a Program,
    pub(crate) python: &'a Python,
    pub(crate) requirements: &'a str,
    pub(crate) root: &'a Path,
}

/// An environment that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its interpreter. Only this is used, never the scripts beside it: those name the folder they
    /// were made in.
    pub(crate) python: PathBuf,
}

/// Why there is no environment to use.
#[derive(Debug, PartialEq, Eq)]
enum Lacking {
    Missing,
    /// With what is wrong with it.
    Broken(String),
}

impl Recipe<'_> {
    /// The environment, made if need be: one process makes it, others wait for that.
    pub(crate) async fn ready(&self) -> Result<Environment, BackendError> {
        if let Ok(environment) = self.existing().await {
            return Ok(environment);
        }
        let _lock = self.lock().await?;
        // Another process may have made it while this one waited.
        match self.existing().await {
            Ok(environment) => return Ok(environment),
            Err(Lacking::Missing) => {}
            Err(Lacking::Broken(why)) => {
                notice(format_args!("the {} environment is broken: {why}", self.program.name));
            }
        }
        self.make().await
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join(self.key())
    }

    /// The same packages on another Python are another environment.
    fn key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.requirements);
        hash.update([0]);
        hash.update(self.python.program.as_os_str().as_encoded_bytes());
        let hash: String =
            hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-python-{}-{hash}", self.program.name.to_lowercase(), self.python.version)
    }

    /// The environment in place, if it is complete: its interpreter runs (it is a link to one that
    /// may be gone, or may be another by now), and each package is as it was installed.
    async fn existing(&self) -> Result<Environment, Lacking> {
        if !self.folder().join(MARKER).is_file() {
            return Err(Lacking::Missing);
        }
        let python = self.folder().join("bin/python");
        let mut command = tokio::process::Command::new(&python);
        command
            .args(["-I", "-c", CHECK])
            .arg(self.folder().join(LIST))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let broken =
            |why: &dyn std::fmt::Display| Lacking::Broken(format!("{}: {why}", python.display()));
        match tokio::time::timeout(CHECK_LIMIT, command.output()).await {
            Ok(Ok(output)) if output.status.success() => Ok(Environment { python }),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Lacking::Broken(
                    said.lines().last().unwrap_or("its interpreter fails").to_owned(),
                ))
            }
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(broken(&"no answer")),
        }
    }

    /// The file lock; released when the file is closed, also by the death of the process.
    async fn lock(&self) -> Result<File, BackendError> {
        let path = self.root.join(format!("{}.lock", self.key()));
        let locked = tokio::task::spawn_blocking({
            let path = path.clone();
            let program = self.program.name;
            move || -> io::Result<File> {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                let file = File::options().create(true).append(true).open(&path)?;
                match file.try_lock() {
                    Ok(()) => {}
                    Err(TryLockError::WouldBlock) => {
                        notice(format_args!(
                            "waiting for another process that is making the {program} environment"
                        ));
                        file.lock()?;
                    }
                    Err(TryLockError::Error(error)) => return Err(error),
                }
                Ok(file)
            }
        });
        let locked = locked.await.map_err(io::Error::other).flatten();
        locked.map_err(|error| BackendError::unwritable(&path, error))
    }

    /// Makes the environment aside and moves it into place. Needs the lock.
    async fn make(&self) -> Result<Environment, BackendError> {
        notice(format_args!(
            "making the {} environment in {} (first time only, about {})",
            self.program.name,
            self.folder().display(),
            self.program.effort.time,
        ));
        self.remove_leftovers();
        let aside = self.root.join(format!("{}.new-{}", self.key(), unique()));
        let made = self.make_in(&aside).await;
        if made.is_err() {
            remove(&aside);
        }
        made?;
        self.existing().await.map_err(|lacking| {
            let why = match lacking {
                Lacking::Missing => "it is gone again".to_owned(),
                Lacking::Broken(why) => why,
            };
            let message = format!(
                "the new Python environment in {} does not run: {why}",
                self.folder().display()
            );
            BackendError::new(BackendErrorKind::Install, message)
        })
    }

    async fn make_in(&self, aside: &Path) -> Result<(), BackendError> {
        let failed = |error| BackendError::unwritable(self.root, error);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let venv =
            [text(&self.python.program), "-I".into(), "-m".into(), "venv".into(), text(aside)];
        self.run(venv.into(), |output| venv_failed(self.program, self.python, output)).await?;

        let list = aside.join(LIST);
        std::fs::write(&list, self.requirements).map_err(failed)?;
        let python = text(&aside.join("bin/python"));
        let pip = [
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "install",
            "--quiet",
            "--no-deps",
            "-r",
        ];
        let pip = [python].into_iter().chain(pip.map(str::to_owned)).chain([text(&list)]).collect();
        self.run(pip, |output| pip_failed(self.program, self.python, output)).await?;

        std::fs::write(aside.join(MARKER), "").map_err(failed)?;
        self.remove_old()?;
        std::fs::rename(aside, self.folder()).map_err(failed)
    }

    /// Runs one step to its end; it ends early when this process does.
    async fn run(
        &self,
        command: Vec<String>,
        failed: impl FnOnce(&str) -> String,
    ) -> Result<(), BackendError> {
        let mut order = Order::new(command, supervisor::inherited(), supervisor::state_folder());
        // What pip unpacks, and leaves there when it is killed, goes with the folder of the run.
        order
            .environment
            .insert("TMPDIR".to_owned(), order.state.join("tmp").to_string_lossy().into_owned());
        let mut step = Supervised::start(&self.python.program, self.root, &order)?;
        let exit = tokio::time::timeout(INSTALL_LIMIT, step.exited()).await;
        let output = step.output();
        step.end().await;
        let message = match exit {
            Ok(Exit::Status(0)) => return Ok(()),
            Ok(Exit::Status(_)) => failed(&output),
            Ok(Exit::Failed(why)) => {
                format!("the {} environment cannot be made: {why}", self.program.name)
            }
            Err(_) => {
                failed(&format!("{output}\nended after {} minutes", INSTALL_LIMIT.as_secs() / 60))
            }
        };
        Err(BackendError::new(BackendErrorKind::Install, message))
    }

    /// Clears the final place. Moved aside first: a folder that is half removed must not lie there.
    fn remove_old(&self) -> Result<(), BackendError> {
        let folder = self.folder();
        let aside = self.root.join(format!("{}.old-{}", self.key(), unique()));
        match std::fs::rename(&folder, &aside) {
            Ok(()) => {
                remove(&aside);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => {
                Err(BackendError::io(format_args!("cannot replace {}", folder.display()), error))
            }
        }
    }

    /// Removes what processes left that were killed while making this environment: with the lock,
    /// nobody makes it.
    fn remove_leftovers(&self) {
        let key = self.key();
        for entry in std::fs::read_dir(self.root).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let rest = name.strip_prefix(&key);
            if rest.is_some_and(|rest| rest.starts_with(".new-") || rest.starts_with(".old-")) {
                remove(&entry.path());
            }
        }
    }
}

/// Removes a folder, or whatever else lies there. What cannot be removed now is a leftover for the
/// next one.
fn remove(place: &Path) {
    if std::fs::remove_dir_all(place).is_err() {
        let _ = std::fs::remove_file(place);
    }
}

/// What the failure of the venv module means for the person who waits.
fn venv_failed(program: &Program, python: &Python, output: &str) -> String {
    let Python { program: path, version, .. } = python;
    let advice = no_space(program, output).unwrap_or_else(|| {
        format!(
            "install the venv module of Python {0}.{1} (Debian and Ubuntu: apt-get install \
             python{0}.{1}-venv), make room if the disk is full (it takes about {3}){2}",
            version.major,
            version.minor,
            program.or_docker(),
            program.effort.space,
        )
    });
    format!("{} -m venv failed: {advice}{}", path.display(), supervisor::tail(output, 8))
}

fn no_space(program: &Program, output: &str) -> Option<String> {
    let full = ["No space left on device", "Disk quota exceeded"]
        .iter()
        .any(|words| output.contains(words));
    full.then(|| format!("the disk is full: the environment needs about {}", program.effort.space))
}

/// What pip's failure means for the person who waits.
fn pip_failed(program: &Program, python: &Python, output: &str) -> String {
    const NETWORK: [&str; 8] = [
        "NewConnectionError",
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
        "Name or service not known",
        "ConnectTimeoutError",
        "ProxyError",
        "Read timed out",
        // An index that answers lists versions, also where none of them fits.
        "(from versions: none)",
    ];
    let or_docker = program.or_docker();
    let advice = if let Some(advice) = no_space(program, output) {
        advice
    } else if NETWORK.iter().any(|words| output.contains(words)) {
        format!(
            "the package index cannot be reached: connect to the network, or name an index or a \
             folder of wheels that can (PIP_INDEX_URL, PIP_FIND_LINKS, PIP_PROXY){or_docker}"
        )
    } else if output.contains("No matching distribution")
        || output.contains("Failed building wheel")
    {
        format!(
            "a pinned package has no wheel for Python {} on this system: use another of Python \
             3.11, 3.12 and 3.13{or_docker}",
            python.version
        )
    } else if program.docker {
        "see its last lines; with a running Docker no Python packages are needed".to_owned()
    } else {
        "see its last lines".to_owned()
    };
    format!("pip could not install {}: {advice}{}", program.name, supervisor::tail(output, 3))
}

#[cfg(test)]
mod tests;

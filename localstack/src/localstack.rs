//! LocalStack: from Docker when a daemon answers, else from a Python environment of its own.

mod docker;
mod environment;
mod health;
mod launch;
mod notice;
mod place;
mod python;
mod settings;
mod supervisor;
#[cfg(test)]
mod testing;

use crate::backend::{BackendError, BackendErrorKind};
use docker::Docker;
use environment::{Environment, Recipe};
use launch::{Launch, Launched, free_ports};
use notice::notice;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use supervisor::Order;

/// A start takes 4 to 7 s on an idle machine with two cores.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running LocalStack with a port and a folder of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct LocalStack {
    launched: Launched,
}

impl LocalStack {
    pub(crate) async fn start() -> Result<Self, BackendError> {
        let folder = place::folder();
        let path = std::env::var_os("PATH");
        let docker = Docker { program: "docker" };
        let without = match from_docker(docker, path.as_deref(), &folder).await {
            Some(Ok(launched)) => return Ok(Self { launched }),
            Some(Err(error)) => Some(error),
            None => None,
        };
        if let Some(error) = &without {
            notice(format_args!("not from Docker: {error}"));
        }
        let launched = from_python(path.as_deref(), &folder).await.map_err(|error| match without {
            Some(docker) => BackendError::new(error.kind(), format!("{error}\nand not from Docker: {docker}")),
            None => error,
        })?;
        Ok(Self { launched })
    }

    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.launched.port)
    }

    /// Ends the server and waits until its processes and its folder are gone.
    pub(crate) async fn stop(self) {
        self.launched.supervised.end().await;
    }
}

/// `None` where no daemon answers.
async fn from_docker(
    docker: Docker<'_>,
    path: Option<&OsStr>,
    folder: &Path,
) -> Option<Result<Launched, BackendError>> {
    if !docker.answers().await {
        return None;
    }
    Some(match python::find_any(path).await {
        Some(python) => docker.start(&python.program, folder).await,
        None => {
            let message = "its supervisor needs Python 3.8 or newer: install python3";
            Err(BackendError::new(BackendErrorKind::Missing, message))
        }
    })
}

async fn from_python(path: Option<&OsStr>, folder: &Path) -> Result<Launched, BackendError> {
    let python = python::find(path).await?;
    let requirements = python.requirements().unwrap_or_default();
    let recipe = Recipe { python: &python, requirements, root: folder };
    let environment = recipe.ready().await?;
    match run(&environment, folder).await {
        Err(error) if lacks_a_module(&error) => {
            notice("the LocalStack environment is broken, making it anew");
            recipe.discard(&environment).await?;
            run(&recipe.ready().await?, folder).await
        }
        outcome => outcome,
    }
}

async fn run(environment: &Environment, folder: &Path) -> Result<Launched, BackendError> {
    let launch = Launch {
        python: &environment.python,
        folder,
        owned: Some("hypercorn.error            : Running on"),
        ready: "Ready.",
        limit: START_LIMIT,
    };
    launch.start(free_ports(), |port| order(environment, port)).await
}

fn order(environment: &Environment, port: u16) -> Order {
    let state: PathBuf = supervisor::state_folder();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let address = format!("127.0.0.1:{port}");
    let mut settings = settings::server(&address, &address);
    // A clean environment: no proxy, AWS profile or LocalStack setting of the person who runs the tests gets in, and
    // everything LocalStack writes (as root, outside a container, that would be /var/lib and /etc) stays in `state`.
    settings.extend(
        [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".into()),
            ("HOME", text(&state.join("home"))),
            ("TMPDIR", text(&state.join("tmp"))),
            ("FILESYSTEM_ROOT", text(&state.join("root"))),
            // It honours FILESYSTEM_ROOT only where it does not take this machine for its own container.
            ("OVERRIDE_IN_DOCKER", "0".into()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("PYTHONUNBUFFERED", "1".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let command = [text(&environment.python), "-m".into(), "localstack.runtime.main".into()];
    Order::new(command.into(), settings, state)
}

/// Whether a start failed because files of the environment are gone.
fn lacks_a_module(error: &BackendError) -> bool {
    let text = error.to_string();
    error.kind() == BackendErrorKind::Start
        && ["ModuleNotFoundError", "ImportError", "No module named"].iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests;

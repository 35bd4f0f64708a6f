//! LocalStack: from Docker when a daemon answers, else from a Python environment of its own.

mod docker;
mod settings;

use crate::backend::{BackendError, BackendErrorKind};
use crate::server::{self, Effort, Own, Program, Running, Version, notice};
use docker::Docker;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

pub(crate) const LOCALSTACK: Program = Program {
    name: "LocalStack",
    module: "localstack.runtime.main",
    requirements,
    effort: Effort { time: "a minute", space: "300 MB" },
    docker: true,
    settings,
    health: "/_localstack/health",
    own: Own::Printed { owned: "hypercorn.error            : Running on", ready: "Ready." },
};

fn requirements(version: Version) -> Option<&'static str> {
    match (version.major, version.minor) {
        (3, 11 | 12) => Some(include_str!("../requirements-py311.txt")),
        (3, 13) => Some(include_str!("../requirements-py313.txt")),
        _ => None,
    }
}

/// Everything it writes (as root, outside a container, that would be /var/lib and /etc) stays in
/// `state`.
fn settings(port: u16, state: &Path) -> BTreeMap<String, String> {
    let address = format!("127.0.0.1:{port}");
    let mut settings = settings::server(&address, &address);
    settings
        .insert("FILESYSTEM_ROOT".to_owned(), state.join("root").to_string_lossy().into_owned());
    // It honours FILESYSTEM_ROOT only where it does not take this machine for its own container.
    settings.insert("OVERRIDE_IN_DOCKER".to_owned(), "0".to_owned());
    settings
}

pub(crate) async fn start() -> Result<Running, BackendError> {
    let folder = server::folder();
    let path = std::env::var_os("PATH");
    let docker = Docker { program: "docker" };
    let without = match from_docker(docker, path.as_deref(), &folder).await {
        Some(Ok(running)) => return Ok(running),
        Some(Err(error)) => Some(error),
        None => None,
    };
    if let Some(error) = &without {
        notice(format_args!("not from Docker: {error}"));
    }
    LOCALSTACK.start(path.as_deref(), &folder).await.map_err(|error| match without {
        Some(docker) => {
            BackendError::new(error.kind(), format!("{error}\nand not from Docker: {docker}"))
        }
        None => error,
    })
}

/// `None` where no daemon answers.
async fn from_docker(
    docker: Docker<'_>,
    path: Option<&OsStr>,
    folder: &Path,
) -> Option<Result<Running, BackendError>> {
    if !docker.answers().await {
        return None;
    }
    Some(match server::find_any(path).await {
        Some(python) => docker.start(&python.program, folder).await,
        None => {
            let message = "its supervisor needs Python 3.8 or newer: install python3";
            Err(BackendError::new(BackendErrorKind::Missing, message))
        }
    })
}

#[cfg(test)]
mod tests;

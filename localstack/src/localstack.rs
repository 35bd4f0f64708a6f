//! LocalStack: from Docker when a daemon answers, else from a Python environment of its own.

mod docker;
mod program;
mod settings;

pub(crate) use program::LOCALSTACK;

use crate::error::{BackendError, BackendErrorKind};
use crate::server::{self, Running, notice};
use docker::Docker;
use std::ffi::OsStr;
use std::path::Path;

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

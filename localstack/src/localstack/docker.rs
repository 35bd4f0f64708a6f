//! LocalStack in a container.

use super::program::LOCALSTACK;
use super::settings;
use crate::error::{BackendError, BackendErrorKind};
use crate::server::{
    Exit, Launch, Order, Own, Running, START_LIMIT, Supervised, free_ports, inherited, notice,
    state_folder, tail, unique,
};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The last release that starts without an account. A tag can be moved: pin the digest when it is
/// known (`localstack/localstack:4.14.0@sha256:...`), here and in `compose.yaml`.
const IMAGE: &str = "localstack/localstack:4.14.0";

const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const PULL_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The docker command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Docker<'a> {
    pub(crate) program: &'a str,
}

impl Docker<'_> {
    /// Whether there is a daemon that answers.
    pub(crate) async fn answers(&self) -> bool {
        self.succeeds(&["version", "--format", "{{.Server.Version}}"]).await
    }

    /// Starts the container; `python` runs the supervisor, which lies in `folder`.
    pub(crate) async fn start(
        &self,
        python: &Path,
        folder: &Path,
    ) -> Result<Running, BackendError> {
        if !self.succeeds(&["image", "inspect", IMAGE]).await {
            notice(format_args!("fetching the image {IMAGE} (first time only)"));
            self.pull(python, folder).await?;
        }
        // Docker refuses a port that is taken, so its health is the container's own.
        let (name, health, own) = (LOCALSTACK.name, LOCALSTACK.health, Own::Certain);
        let launch =
            Launch { name, python, folder, health, own, services: true, limit: START_LIMIT };
        launch.start(free_ports(), |port| self.order(port)).await
    }

    fn order(&self, port: u16) -> Order {
        let name = format!("local-aws-{}", unique());
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let published = format!("127.0.0.1:{port}:4566");
        let mut command = words(&[
            self.program,
            "run",
            "--rm",
            "--pull=never",
            "--name",
            &name,
            "-p",
            &published,
        ]);
        for (setting, value) in settings::server("0.0.0.0:4566", &format!("127.0.0.1:{port}")) {
            command.extend(["-e".to_owned(), format!("{setting}={value}")]);
        }
        command.push(IMAGE.to_owned());
        let mut order = Order::new(command, inherited(), state_folder());
        // Also where the client was killed before it could pass the signal on; with the image's
        // volume.
        order.at_end = vec![words(&[self.program, "rm", "--force", "--volumes", &name])];
        order
    }

    async fn pull(&self, python: &Path, folder: &Path) -> Result<(), BackendError> {
        let command = ["pull", "--quiet", IMAGE].map(str::to_owned);
        let command = [self.program.to_owned()].into_iter().chain(command).collect();
        let mut pull =
            Supervised::start(python, folder, &Order::new(command, inherited(), state_folder()))?;
        let exit = tokio::time::timeout(PULL_LIMIT, pull.exited()).await;
        let output = pull.output();
        pull.end().await;
        match exit {
            Ok(Exit::Status(0)) => Ok(()),
            _ => {
                let message = format!("the image {IMAGE} cannot be had:{}", tail(&output, 3));
                Err(BackendError::new(BackendErrorKind::Install, message))
            }
        }
    }

    /// Runs a command that should answer at once.
    async fn succeeds(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new(self.program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let status = tokio::time::timeout(ANSWER_LIMIT, command.status()).await;
        matches!(status, Ok(Ok(status)) if status.success())
    }
}

#[cfg(test)]
mod tests;

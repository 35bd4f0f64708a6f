//! One local AWS behind one type, whichever it is.

mod kind;
mod sdk;
mod shared;

pub use kind::{BackendKind, ParseBackendKindError};

use crate::embedded::Embedded;
use crate::error::BackendError;
use crate::server::Running;
use crate::{localstack, ministack};
use aws_config::SdkConfig;

/// A running local AWS. Dropping it ends it.
#[derive(Debug)]
#[must_use = "dropping a backend ends its server"]
pub struct Backend {
    server: Server,
    endpoint_url: String,
}

enum Server {
    Embedded(Embedded),
    LocalStack(Running),
    MiniStack(Running),
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Server::Embedded(_) => "Embedded",
            Server::LocalStack(_) => "LocalStack",
            Server::MiniStack(_) => "MiniStack",
        })
    }
}

impl Backend {
    /// Starts a server of its own on a free loopback port and waits until it answers.
    ///
    /// LocalStack takes seconds, ministack half a second; the first time on a machine, when its
    /// Python environment or its image has to be fetched, about a minute, which is said on stderr.
    ///
    /// # Errors
    ///
    /// Says in one message what is missing on this machine and what to do about it.
    pub async fn start(kind: BackendKind) -> Result<Backend, BackendError> {
        let (server, endpoint_url) = match kind {
            BackendKind::Embedded => {
                let embedded = Embedded::start().await.map_err(|error| {
                    BackendError::io("the embedded AWS cannot be started", error)
                })?;
                let url = embedded.endpoint_url();
                (Server::Embedded(embedded), url)
            }
            BackendKind::LocalStack => {
                let running = localstack::start().await?;
                let url = running.endpoint_url();
                (Server::LocalStack(running), url)
            }
            BackendKind::MiniStack => {
                let running = ministack::start().await?;
                let url = running.endpoint_url();
                (Server::MiniStack(running), url)
            }
        };
        Ok(Backend { server, endpoint_url })
    }

    /// `http://127.0.0.1:PORT`, for every service.
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// Which local AWS this is.
    pub fn kind(&self) -> BackendKind {
        match self.server {
            Server::Embedded(_) => BackendKind::Embedded,
            Server::LocalStack(_) => BackendKind::LocalStack,
            Server::MiniStack(_) => BackendKind::MiniStack,
        }
    }

    /// The embedded AWS itself, for its fault plans and its views; `None` for the others.
    pub fn embedded(&self) -> Option<&Embedded> {
        match &self.server {
            Server::Embedded(embedded) => Some(embedded),
            Server::LocalStack(_) | Server::MiniStack(_) => None,
        }
    }

    /// SDK configuration for this server: region `us-east-1`, credentials `test`/`test`, this
    /// endpoint.
    ///
    /// Nothing is read from the environment, profiles or metadata services, and no proxy is used.
    /// Each call makes a new HTTP client; a connection is driven by the runtime that opened it, so
    /// take one configuration per runtime, that is one per `#[tokio::test]`.
    pub async fn sdk_config(&self) -> SdkConfig {
        sdk::config(&self.endpoint_url)
    }

    /// An S3 client with path-style addresses: no name server knows `BUCKET.127.0.0.1`.
    pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// An SQS client.
    pub fn sqs(config: &SdkConfig) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(config)
    }

    /// An SNS client.
    pub fn sns(config: &SdkConfig) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(config)
    }

    /// Ends the server and waits until nothing of it is left. Dropping the backend ends it without
    /// waiting.
    pub async fn stop(self) {
        match self.server {
            // Its drop waits for its thread.
            Server::Embedded(_) => {}
            Server::LocalStack(running) | Server::MiniStack(running) => running.stop().await,
        }
    }
}

#[cfg(test)]
mod tests;

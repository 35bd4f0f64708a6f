//! From an order to a server that answers.

use super::health;
use super::supervisor::{self, Exit, Order, Supervised};
use crate::backend::{BackendError, BackendErrorKind};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

/// How often another port is tried when the one chosen was taken in the meantime.
const PORTS: usize = 5;

/// How to start one kind of server.
pub(crate) struct Launch<'a> {
    /// Runs the supervisor.
    pub(crate) python: &'a Path,
    /// Where the supervisor lies.
    pub(crate) folder: &'a Path,
    /// What the server prints when the port is its own, if that has to be checked: the health of a port can be
    /// answered by another process's server.
    pub(crate) owned: Option<&'a str>,
    /// What the server prints when it believes to be up. Without `owned` before it, the port is someone else's:
    /// LocalStack that cannot bind its port finds it open, and says it is ready.
    pub(crate) ready: &'a str,
    /// How long a start may take.
    pub(crate) limit: Duration,
}

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) supervised: Supervised,
    pub(crate) port: u16,
}

impl Launch<'_> {
    /// Starts `order(port)` on the first of `ports` that is not taken.
    pub(crate) async fn start(
        &self,
        mut ports: impl Iterator<Item = io::Result<u16>>,
        order: impl Fn(u16) -> Order,
    ) -> Result<Launched, BackendError> {
        let mut tried = Vec::new();
        while let Some(port) = ports.next().filter(|_| tried.len() < PORTS) {
            let port = port.map_err(|error| BackendError::io("no free loopback port", error))?;
            let mut supervised = Supervised::start(self.python, self.folder, &order(port))?;
            match self.come_up(&mut supervised, port).await {
                Ok(()) => return Ok(Launched { supervised, port }),
                Err(Failure::Taken) => tried.push(port.to_string()),
                Err(Failure::Other(why)) => {
                    let output = supervisor::tail(&supervised.output(), 25);
                    supervised.end().await;
                    let message = format!("LocalStack did not come up: {why}; its last lines:{output}");
                    return Err(BackendError::new(BackendErrorKind::Start, message));
                }
            }
        }
        let message = format!("LocalStack did not come up: ports {} were all taken", tried.join(", "));
        Err(BackendError::new(BackendErrorKind::Start, message))
    }

    async fn come_up(&self, supervised: &mut Supervised, port: u16) -> Result<(), Failure> {
        let log = supervised.log();
        let exit = tokio::select! {
            biased;
            exit = supervised.exited() => exit,
            () = health::healthy(port), if self.owned.is_none() => return Ok(()),
            mine = self.owned(log), if self.owned.is_some() => {
                if !mine {
                    return Err(Failure::Taken);
                }
                return match tokio::time::timeout(self.limit, health::healthy(port)).await {
                    Ok(()) => Ok(()),
                    Err(_) => Err(Failure::Other("it listens but its health check does not answer".into())),
                };
            }
            () = tokio::time::sleep(self.limit) => {
                return Err(Failure::Other(format!("not ready after {} s", self.limit.as_secs())));
            }
        };
        if says_taken(&supervised.output()) {
            return Err(Failure::Taken);
        }
        Err(Failure::Other(match exit {
            Exit::Status(status) => format!("it ended with status {status}"),
            Exit::Failed(why) => why,
        }))
    }

    /// Waits for what the server prints about its port: true when it is its own.
    async fn owned(&self, log: supervisor::Log) -> bool {
        let owned = self.owned.unwrap_or_default();
        loop {
            let output = log.read();
            if output.contains(owned) {
                return true;
            }
            if output.lines().any(|line| line.trim() == self.ready) || says_taken(&output) {
                // The two are printed by different threads, so the first may still be on its way.
                tokio::time::sleep(Duration::from_millis(500)).await;
                return log.read().contains(owned);
            }
            // A log file has no reader's end to wait on.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

enum Failure {
    Taken,
    Other(String),
}

fn says_taken(output: &str) -> bool {
    let output = output.to_lowercase();
    ["address already in use", "port is already allocated"].iter().any(|words| output.contains(words))
}

/// Loopback ports that were free a moment ago.
pub(crate) fn free_ports() -> impl Iterator<Item = io::Result<u16>> {
    std::iter::repeat_with(|| Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port()))
}

#[cfg(test)]
mod tests;

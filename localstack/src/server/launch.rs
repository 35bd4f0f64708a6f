//! From an order to a server that answers.

use super::probe;
use super::supervisor::{self, Exit, Order, Supervised};
use crate::error::{BackendError, BackendErrorKind};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

/// How often another port is tried when the one chosen was taken in the meantime.
const PORTS: usize = 5;

/// LocalStack, the slowest, takes 4 to 7 s on an idle machine with two cores.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(120);

/// Each service was loaded before the server said it was up, or is loaded by its first request.
const SERVICE_LIMIT: Duration = Duration::from_secs(30);

/// How to start one kind of server.
pub(crate) struct Launch<'a> {
    pub(crate) name: &'a str,
    /// Runs the supervisor.
    pub(crate) python: &'a Path,
    /// Where the supervisor lies.
    pub(crate) folder: &'a Path,
    /// The path that answers 200 when the server is up.
    pub(crate) health: &'a str,
    pub(crate) own: Own,
    /// Whether each service has to answer a request, too.
    pub(crate) services: bool,
    /// How long a start may take.
    pub(crate) limit: Duration,
}

/// How to tell that it is this server that answers: on a port taken in the meantime another
/// process's does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Own {
    /// It ends where the port is taken, before anything could be asked.
    Certain,
    /// It prints `owned` once it has the port, and `ready` when it believes to be up. Without
    /// `owned` before it, the port is someone else's: LocalStack that cannot bind its port finds it
    /// open, and says it is ready.
    Printed { owned: &'static str, ready: &'static str },
    /// What it says about its health contains the name of its run's folder.
    Named,
}

/// A server that answers. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Running {
    supervised: Supervised,
    pub(crate) port: u16,
}

impl Running {
    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends the server and waits until its processes and its folder are gone.
    pub(crate) async fn stop(self) {
        self.supervised.end().await;
    }
}

impl Launch<'_> {
    /// Starts `order(port)` on the first of `ports` that is not taken.
    pub(crate) async fn start(
        &self,
        mut ports: impl Iterator<Item = io::Result<u16>>,
        order: impl Fn(u16) -> Order,
    ) -> Result<Running, BackendError> {
        let mut tried = Vec::new();
        while let Some(port) = ports.next().filter(|_| tried.len() < PORTS) {
            let port = port.map_err(|error| BackendError::io("no free loopback port", error))?;
            let order = order(port);
            let mut supervised = Supervised::start(self.python, self.folder, &order)?;
            match self.come_up(&mut supervised, &order, port).await {
                Ok(()) => {
                    self.tell_of_its_end(&supervised);
                    return Ok(Running { supervised, port });
                }
                Err(Failure::Taken) => tried.push(port.to_string()),
                Err(Failure::Other(why)) => {
                    let output = supervisor::tail(&supervised.output(), 25);
                    supervised.end().await;
                    let said = if output.is_empty() { "" } else { "; its last lines:" };
                    let message = format!("{} did not come up: {why}{said}{output}", self.name);
                    return Err(BackendError::new(BackendErrorKind::Start, message));
                }
            }
        }
        let message =
            format!("{} did not come up: ports {} were all taken", self.name, tried.join(", "));
        Err(BackendError::new(BackendErrorKind::Start, message))
    }

    /// A server that ends later than this shows as refused connections in every test; its last
    /// words say more.
    fn tell_of_its_end(&self, supervised: &Supervised) {
        let (exit, log, name) = (supervised.exit(), supervised.log(), self.name.to_owned());
        tokio::spawn(async move {
            if let Some(exit) = exit.await {
                let said = supervisor::tail(&log.read(), 10);
                super::notice(format_args!(
                    "{name} ended by itself ({exit:?}); its last lines:{said}"
                ));
            }
        });
    }

    async fn come_up(
        &self,
        supervised: &mut Supervised,
        order: &Order,
        port: u16,
    ) -> Result<(), Failure> {
        let log = supervised.log();
        let exit = tokio::select! {
            biased;
            exit = supervised.exited() => exit,
            up = self.up(&log, order, port) => return up,
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

    async fn up(&self, log: &supervisor::Log, order: &Order, port: u16) -> Result<(), Failure> {
        let mut name = "";
        match self.own {
            Own::Certain => {}
            Own::Printed { owned, ready } => {
                if !printed(log, owned, ready).await {
                    return Err(Failure::Taken);
                }
            }
            Own::Named => name = order.name(),
        }
        probe::answered(port, self.health, name).await;
        if !self.services {
            return Ok(());
        }
        let failed = |service| {
            Failure::Other(format!("it is up, but its service {service} does not answer"))
        };
        probe::services(port, SERVICE_LIMIT).await.map_err(failed)
    }
}

/// Waits for what the server prints about its port: true when it is its own.
async fn printed(log: &supervisor::Log, owned: &str, ready: &str) -> bool {
    loop {
        let output = log.read();
        if output.contains(owned) {
            return true;
        }
        if output.lines().any(|line| line.trim() == ready) || says_taken(&output) {
            // The two are printed by different threads, so the first may still be on its way.
            tokio::time::sleep(Duration::from_millis(500)).await;
            return log.read().contains(owned);
        }
        // A log file has no reader's end to wait on.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

enum Failure {
    Taken,
    Other(String),
}

fn says_taken(output: &str) -> bool {
    let output = output.to_lowercase();
    ["already in use", "port is already allocated"].iter().any(|words| output.contains(words))
}

/// Loopback ports that were free a moment ago.
pub(crate) fn free_ports() -> impl Iterator<Item = io::Result<u16>> {
    std::iter::repeat_with(|| Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port()))
}

#[cfg(test)]
mod tests;

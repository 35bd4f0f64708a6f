//! SIGTERM and SIGINT, heard from the first moment to the last, whatever the program waits for.
//!
//! The first asks to finish, the second to give up. A thread of its own listens, which nothing can
//! hold up: after the second it ends the process itself if that has not happened soon.

use crate::{error::Error, output};
use std::{future::Future, process, thread, time::Duration};
use tokio::sync::watch;

/// Between the second signal and the end of the process, to hand back what is held.
const GIVING_UP: Duration = Duration::from_millis(1_500);

/// How often the process was asked to stop.
#[derive(Debug, Clone)]
pub(crate) struct Signals(watch::Receiver<Asked>);

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    times: u32,
    by: &'static str,
}

impl Signals {
    /// Listens from here on.
    pub(crate) fn listen() -> Result<Self, Error> {
        let failed = |error| Error::new("cannot listen to signals").because(error);
        let (told, asked) = watch::channel(Asked::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let mut source = runtime.block_on(async { Source::new() }).map_err(failed)?;
        let listen = move || {
            runtime.block_on(async {
                loop {
                    let by = source.next().await;
                    told.send_modify(|asked| *asked = Asked { times: asked.times + 1, by });
                    if told.borrow().times > 1 {
                        thread::sleep(GIVING_UP);
                        output::fail(&Error::new(GAVE_UP));
                        process::exit(1);
                    }
                }
            });
        };
        thread::Builder::new().name("signals".into()).spawn(listen).map_err(failed)?;
        Ok(Self(asked))
    }

    /// Completes when the process was asked so often to stop, with the name of the last signal.
    pub(crate) async fn asked(&self, times: u32) -> &'static str {
        let mut asked = self.0.clone();
        match asked.wait_for(|asked| asked.times >= times).await {
            Ok(asked) => asked.by,
            // The thread never ends.
            Err(_) => std::future::pending().await,
        }
    }

    /// What the work gives; `None`, if the process was asked to stop before.
    pub(crate) async fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = Box::pin(work) => Some(done),
            _ = self.asked(1) => None,
        }
    }
}

/// What the second signal comes to.
pub(crate) const GAVE_UP: &str = "stopped by a second signal; what was in work is handed back, or \
                                  comes back by itself";

#[cfg(unix)]
struct Source {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    #[expect(clippy::unnecessary_wraps, reason = "it may fail elsewhere")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}

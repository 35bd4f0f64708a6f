use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a pipeline is doing as a whole. It only ever moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Running,
    /// Nothing new is begun; what runs is finished.
    Draining,
    /// What runs is given up.
    Aborting,
    /// Nothing runs any more.
    Stopped,
}

/// How a pipeline is told to stop; shared by its two sides and every handle.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    phase: watch::Sender<Phase>,
    /// Cancelled from draining on: nothing is begun any more.
    pub(crate) drain: CancellationToken,
    /// Cancelled when aborting: futures are dropped where they stand.
    pub(crate) abort: CancellationToken,
}

impl Signals {
    pub(crate) fn new() -> Self {
        let phase = watch::Sender::new(Phase::Running);
        Self { phase, drain: CancellationToken::new(), abort: CancellationToken::new() }
    }

    pub(crate) fn advance(&self, to: Phase) {
        let moved = self.phase.send_if_modified(|phase| {
            let moves = to > *phase;
            *phase = to.max(*phase);
            moves
        });
        if moved {
            self.drain.cancel();
            if to >= Phase::Aborting {
                self.abort.cancel();
            }
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }
}

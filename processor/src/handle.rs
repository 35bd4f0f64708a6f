use crate::{
    breaker::Outage,
    config::Settings,
    object::{InFlight, Registry},
    runtime::{Capacity, Gate, Phase, Signals},
    stats::{Counters, RecentFailure, Stats},
};
use std::{fmt, sync::Arc, time::Duration};

/// Watches and stops a running pipeline. Cloning is cheap; a handle may outlive its pipeline.
///
/// ```
/// use s3_sqs_processor::{Pipeline, State, from_fn};
///
/// let pipeline = Pipeline::builder()
///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/orders")
///     .processor("audit", from_fn(|_record, _cx| async { Ok(()) }))
///     .build()?;
/// let handle = pipeline.handle();
/// // Then `pipeline.run()` in a task; meanwhile, from a health check or an admin endpoint:
/// assert_eq!(handle.state(), State::Starting);
/// assert_eq!(handle.stats().messages.deleted, 0);
/// assert!(handle.in_flight().is_empty());
/// handle.drain();
/// assert_eq!(handle.state(), State::Draining);
/// # Ok::<_, s3_sqs_processor::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    signals: Signals,
    counters: Arc<Counters>,
    registry: Arc<Registry>,
    gate: Arc<Gate>,
    capacity: Arc<Capacity>,
    settings: Arc<Settings>,
}

/// What a pipeline is doing as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// Not run yet, or the queue has not answered yet.
    Starting,
    /// Receiving and processing.
    Running,
    /// An outage lasts: [`Handle::outages`] says which, since when, and what it says about an
    /// example. It ends by itself when its cause does.
    Paused,
    /// Finishing what runs; nothing new is begun.
    Draining,
    /// Giving up what runs.
    Aborting,
    /// The run has ended: nothing is held any more.
    Stopped,
}

impl Handle {
    pub(crate) fn new(
        signals: Signals,
        counters: Arc<Counters>,
        registry: Arc<Registry>,
        settings: Settings,
    ) -> Self {
        let gate = Arc::new(Gate::new(Arc::clone(&counters)));
        Self {
            signals,
            counters,
            registry,
            gate,
            capacity: Arc::default(),
            settings: Arc::new(settings),
        }
    }

    /// Stops receiving, finishes what runs, hands back what was not begun; gives up after the
    /// [`drain_timeout`](crate::Builder::drain_timeout). Returns at once; the future of the run
    /// ends when it is over.
    pub fn drain(&self) {
        self.signals.advance(Phase::Draining);
    }

    /// Gives up what runs: futures of processors are dropped, and their messages handed back at
    /// once. Work that blocks its thread cannot be dropped; its message is left to its visibility
    /// timeout and counted as abandoned.
    pub fn abort(&self) {
        self.signals.advance(Phase::Aborting);
    }

    /// What the pipeline is doing.
    pub fn state(&self) -> State {
        match self.signals.phase() {
            Phase::Running if self.queue_silent_for().is_none() => State::Starting,
            Phase::Running if self.outages().is_empty() => State::Running,
            Phase::Running => State::Paused,
            Phase::Draining => State::Draining,
            Phase::Aborting => State::Aborting,
            Phase::Stopped => State::Stopped,
        }
    }

    /// How long the queue has answered nothing: for a readiness check. `None` before its first
    /// answer.
    ///
    /// A receive waits up to [`wait_time`](crate::Builder::wait_time) for a message, and none is
    /// sent while there is no room; so some minutes are no sign of trouble.
    pub fn queue_silent_for(&self) -> Option<Duration> {
        self.gate.silent_for()
    }

    /// The counters as they stand now.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// What is being worked on now, the oldest first: at most one entry per object of the messages
    /// held.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.registry.snapshot()
    }

    /// The outages that last: of buckets, of the queue, and of what processors depend on.
    pub fn outages(&self) -> Vec<Outage> {
        self.gate.outages()
    }

    /// The last failures, the newest first: 20 at most, and of one object and processor the first
    /// five.
    pub fn recent_failures(&self) -> Vec<RecentFailure> {
        self.counters.recent.all()
    }

    /// What the pipeline was told to do.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    pub(crate) fn capacity(&self) -> &Arc<Capacity> {
        &self.capacity
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("state", &self.state()).finish_non_exhaustive()
    }
}

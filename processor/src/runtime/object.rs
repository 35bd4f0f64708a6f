use super::{job::Ticket, lane::Shared, report};
use crate::{
    error::ProcessError,
    ledger::{Ledger, Settled},
    record::{ObjectRef, Record},
    stats::ProcessorCounters,
    tracking::ObjectEnd,
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// So many failures of one object and processor are logged one by one; the rest are summed up at
/// the object's end.
const LOGGED: u64 = 5;

/// One object being worked on: everything its reader and its batches share.
pub(crate) struct ObjectState {
    pub(crate) object: ObjectRef,
    ledger: Ledger,
    /// Cancelled when the work on this object has become pointless.
    pub(crate) stop: CancellationToken,
    failed: AtomicU64,
    failed_limit: u64,
    cancelled: AtomicBool,
    /// Touched at failures and at the end only.
    slow: Mutex<Slow>,
    shared: Shared,
    /// Records found so far, and how far each processor has come with them.
    seen: AtomicU64,
    processors: Vec<Progress>,
}

/// How many records one processor has settled, and how many of them as failed.
#[derive(Default)]
struct Progress {
    settled: AtomicU64,
    failed: AtomicU64,
}

struct Slow {
    ticket: Option<Ticket>,
    read_to_end: bool,
    retry_after: Option<Duration>,
}

/// Why a record failed for one processor.
pub(crate) enum Failure {
    Error(ProcessError),
    Panic(String),
    TimedOut(Duration),
    Refused(String),
}

impl ObjectState {
    pub(crate) fn new(
        object: ObjectRef,
        stop: CancellationToken,
        failed_limit: u64,
        shared: Shared,
    ) -> Self {
        let processors = shared.counters.processors.iter().map(|_| Progress::default()).collect();
        Self {
            object,
            ledger: Ledger::new(),
            stop,
            failed: AtomicU64::new(0),
            failed_limit,
            cancelled: AtomicBool::new(false),
            slow: Mutex::new(Slow { ticket: None, read_to_end: false, retry_after: None }),
            shared,
            seen: AtomicU64::new(0),
            processors,
        }
    }

    /// From here on, reporting the object's end is this state's duty.
    pub(crate) fn take_over(self: &Arc<Self>, ticket: Ticket) {
        ticket.opened(self);
        self.slow().ticket = Some(ticket);
    }

    /// A record failed for the processor at `place`. After too many the rest of the object is cut
    /// short.
    pub(crate) fn fail(&self, place: usize, record: Record<'_>, failure: &Failure) {
        let counters = &self.shared.counters;
        let before = self.failed.fetch_add(1, Ordering::Relaxed);
        let before_here = self.processors[place].failed.fetch_add(1, Ordering::Relaxed);
        if let Failure::Error(error) = failure {
            let mut slow = self.slow();
            slow.retry_after = slow.retry_after.max(error.delay());
        }
        self.shared.observer.record_failed(&counters.processors[place].0, record, failure);
        if before_here < LOGGED {
            report::record_failed(counters, place, record, failure);
        }
        if before + 1 == self.failed_limit {
            report::too_many_failures(counters, &self.object, self.failed_limit);
            self.stop.cancel();
        }
    }

    /// Reading was given up.
    pub(crate) fn cut_short(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The processor at `place` will not work on so many records that were handed to it. To be
    /// settled, as verdicts are.
    pub(crate) fn give_up(&self, place: usize, records: u64) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.counters(place).cancelled.add(records);
        self.processors[place].settled.fetch_add(records, Ordering::Relaxed);
    }

    /// So many records more are handed to every processor.
    pub(crate) fn open(&self, records: u64) {
        self.seen.fetch_add(records, Ordering::Relaxed);
        self.ledger.open(records * self.processors.len() as u64);
    }

    /// The processor at `place` gave so many verdicts, of which these are good: seen by counters
    /// and snapshots.
    pub(crate) fn show(&self, place: usize, done: u64, verdicts: u64) {
        self.counters(place).done.add(done);
        self.processors[place].settled.fetch_add(verdicts, Ordering::Relaxed);
    }

    /// So many verdicts need not be waited for any more. Nothing of those records runs.
    pub(crate) fn settle(&self, verdicts: u64) {
        if self.ledger.settle(verdicts) == Settled::Complete {
            self.end();
        }
    }

    /// No more records will come, because the object was read to its end, or because it could not
    /// be.
    pub(crate) fn close(&self, read_to_end: bool) {
        self.slow().read_to_end = read_to_end;
        if self.ledger.close() == Settled::Complete {
            self.end();
        }
    }

    /// Closed and empty: nothing of the object runs any more.
    fn end(&self) {
        let mut slow = self.slow();
        let failed = self.failed.load(Ordering::Relaxed);
        let end = match () {
            () if failed > 0 || (!slow.read_to_end && !self.cancelled.load(Ordering::Relaxed)) => {
                ObjectEnd::Failed { retry_after: slow.retry_after }
            }
            () if !slow.read_to_end || self.cancelled.load(Ordering::Relaxed) => {
                ObjectEnd::Cancelled
            }
            () => ObjectEnd::Done,
        };
        let by_processor: Vec<_> = match failed {
            0 => Vec::new(),
            _ => self.processors.iter().map(|each| each.failed.load(Ordering::Relaxed)).collect(),
        };
        report::object_ended(
            &self.shared.counters,
            &self.object,
            &end,
            &by_processor,
            slow.read_to_end,
        );
        if let Some(ticket) = slow.ticket.take() {
            ticket.report(end);
        }
    }

    /// The counters of the processor at `place`.
    pub(crate) fn counters(&self, place: usize) -> &ProcessorCounters {
        &self.shared.counters.processors[place].1
    }

    /// Records found so far, and how many of them each processor has settled.
    pub(crate) fn progress(&self) -> (u64, Vec<u64>) {
        let settled =
            self.processors.iter().map(|each| each.settled.load(Ordering::Relaxed)).collect();
        (self.seen.load(Ordering::Relaxed), settled)
    }

    fn slow(&self) -> MutexGuard<'_, Slow> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failure {
    /// The processor's own error, if it was one.
    pub(crate) fn error(&self) -> Option<&ProcessError> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "{error}"),
            Self::Panic(message) => write!(f, "panicked: {message}"),
            Self::TimedOut(timeout) => write!(f, "took longer than {timeout:?}"),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

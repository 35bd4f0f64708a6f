use super::{counts::Counts, registry::Claim};
use crate::{
    job::Ticket,
    ledger::{Ledger, Settled},
    record::{ObjectRef, Record},
    runtime::{Failure, Shared, report},
    stats::ProcessorCounters,
    tracking::ObjectEnd,
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// So many failures of one object and processor are logged one by one; the rest are summed up at
/// the object's end.
const LOGGED: u64 = 5;

/// One object being worked on: everything its reader and its parcels share.
pub(crate) struct ObjectState {
    pub(crate) object: ObjectRef,
    ledger: Ledger,
    /// Cancelled when the work on this object has become pointless.
    pub(crate) stop: CancellationToken,
    failed_limit: u64,
    cancelled: AtomicBool,
    /// Touched at failures and at the end only.
    slow: Mutex<Slow>,
    shared: Shared,
    counts: Arc<Counts>,
}

struct Slow {
    /// Until the end. The claim goes first: who waits for the object is told before its message is.
    duty: Option<(Claim, Ticket)>,
    read_to_end: bool,
    retry_after: Option<Duration>,
}

impl ObjectState {
    pub(crate) fn new(
        object: ObjectRef,
        stop: CancellationToken,
        failed_limit: u64,
        shared: Shared,
    ) -> Self {
        let counts = Arc::new(Counts::new(shared.counters.processors.len()));
        Self {
            object,
            ledger: Ledger::new(),
            stop,
            failed_limit,
            cancelled: AtomicBool::new(false),
            slow: Mutex::new(Slow { duty: None, read_to_end: false, retry_after: None }),
            shared,
            counts,
        }
    }

    /// From here on, reporting the object's end is this state's duty.
    pub(super) fn take_over(&self, claim: Claim, ticket: Ticket) {
        claim.opened(&self.counts);
        self.slow().duty = Some((claim, ticket));
    }

    /// A record failed for this processor. After too many the rest of the object is cut short.
    pub(crate) fn fail(&self, processor: usize, record: Record<'_>, failure: &Failure) {
        let counters = &self.shared.counters;
        let before = self.counts.failed(processor);
        if let Failure::Error(error) = failure {
            let mut slow = self.slow();
            slow.retry_after = slow.retry_after.max(error.delay());
        }
        self.shared.observer.record_failed(&counters.processors[processor].0, record, failure);
        if before.here < LOGGED {
            report::record_failed(counters, processor, record, failure);
        }
        if before.all + 1 == self.failed_limit {
            report::too_many_failures(counters, &self.object, self.failed_limit);
            self.stop.cancel();
        }
    }

    /// A record failed for every processor, because it cannot be handed to any.
    pub(super) fn refuse(&self, record: Record<'_>, why: String) {
        self.shared.counters.objects.records_refused.add(1);
        let failure = Failure::Refused(why);
        (0..self.counts.processors()).for_each(|processor| self.fail(processor, record, &failure));
    }

    /// Reading was given up.
    pub(crate) fn cut_short(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// This processor will not work on so many records that were handed to it. To be settled, as
    /// verdicts are.
    pub(crate) fn give_up(&self, processor: usize, records: u64) {
        self.cut_short();
        self.counters(processor).cancelled.add(records);
        self.counts.settled(processor, records);
    }

    /// So many records more are handed to every processor.
    pub(super) fn open(&self, records: u64) {
        self.counts.found(records);
        self.ledger.open(records * self.counts.processors() as u64);
    }

    /// This processor gave so many verdicts, of which these are good: seen by counters and
    /// snapshots.
    pub(crate) fn show(&self, processor: usize, done: u64, verdicts: u64) {
        self.counters(processor).done.add(done);
        self.counts.settled(processor, verdicts);
    }

    /// So many verdicts need not be waited for any more. What of those records still
    /// runs (in a batch with others, or with its acknowledgement) counts no more.
    pub(crate) fn settle(&self, verdicts: u64) {
        if self.ledger.settle(verdicts) == Settled::Complete {
            self.end();
        }
    }

    /// No more records will come, because the object was read to its end, or because it could not
    /// be.
    pub(super) fn close(&self, read_to_end: bool) {
        self.slow().read_to_end = read_to_end;
        if self.ledger.close() == Settled::Complete {
            self.end();
        }
    }

    /// Closed and empty: nothing of the object runs any more.
    fn end(&self) {
        let mut slow = self.slow();
        let failed = self.counts.failed_by_processor();
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        let end = match () {
            () if !failed.is_empty() || (!slow.read_to_end && !cancelled) => {
                ObjectEnd::Failed { retry_after: slow.retry_after }
            }
            () if cancelled => ObjectEnd::Cancelled,
            () => ObjectEnd::Done,
        };
        let Shared { counters, .. } = &self.shared;
        report::object_ended(counters, &self.object, &end, &failed, slow.read_to_end);
        if let Some((claim, ticket)) = slow.duty.take() {
            claim.end(&end);
            ticket.report(end);
        }
    }

    fn counters(&self, processor: usize) -> &ProcessorCounters {
        &self.shared.counters.processors[processor].1
    }

    fn slow(&self) -> MutexGuard<'_, Slow> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

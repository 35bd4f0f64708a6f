use super::{
    collecting::Failed,
    counts::Counts,
    duty::{Duty, Question},
    failures::Failures,
    saving::Saving,
};
use crate::{
    breaker::{OutageClass, OutageOf},
    error::ProcessError,
    ledger::{Ledger, Settled},
    progress::Progress,
    record::{ObjectRef, Record},
    route::Treatment,
    runtime::{Failure, Shared, Stop, Waiting, report},
    stats::ProcessorCounters,
    tracking::{Moment, ObjectEnd},
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// So many failures of one object and processor are logged one by one; the rest are summed up at
/// the object's end.
const LOGGED: u64 = 5;

/// One object being worked on: everything its reader and its parcels share.
pub(crate) struct ObjectState {
    /// Of the message that announced it.
    message_id: Arc<str>,
    pub(crate) object: ObjectRef,
    ledger: Ledger,
    /// Cancelled when the work on this object has become pointless.
    pub(crate) stop: Stop,
    treatment: Arc<Treatment>,
    cancelled: AtomicBool,
    /// Processors that have begun none of its records.
    unbegun: AtomicUsize,
    /// Touched at the beginning, at failures and at the end only.
    slow: Mutex<Slow>,
    shared: Shared,
    counts: Arc<Counts>,
    saving: Option<Arc<Saving>>,
}

#[derive(Default)]
struct Slow {
    /// Until the end.
    duty: Option<Box<dyn Duty>>,
    /// While some processor has begun none of its records.
    waiting: Option<Waiting>,
    read_to_end: bool,
    /// Something failed that would fail whatever is down.
    own_fault: bool,
    /// What of that may be put aside, where records are.
    failures: Option<Failures>,
    /// What failed in a way that may pass, and when it did last.
    suspects: Vec<OutageOf>,
    failed_at: Moment,
    /// Something it needs was down: it was cut short for that.
    is_held: bool,
    retry_after: Option<Duration>,
}

impl Slow {
    fn suspect(&mut self, of: &OutageOf) {
        if !self.suspects.contains(of) {
            self.suspects.push(of.clone());
        }
    }
}

impl ObjectState {
    pub(super) fn new(
        message_id: &Arc<str>,
        object: ObjectRef,
        treatment: Arc<Treatment>,
        stop: Stop,
        shared: Shared,
        saving: Option<Arc<Saving>>,
        failures: Option<Failures>,
    ) -> Self {
        let processors = treatment.processors.len();
        // As many as may be told of, though some are not asked.
        let counts = Arc::new(Counts::new(shared.counters.processors.len()));
        Self {
            message_id: Arc::clone(message_id),
            object,
            ledger: Ledger::new(),
            stop,
            treatment,
            cancelled: AtomicBool::new(false),
            unbegun: AtomicUsize::new(processors),
            slow: Mutex::new(Slow { failures, ..Slow::default() }),
            shared,
            counts,
            saving,
        }
    }

    /// From here on, reporting the object's end is this state's duty.
    pub(super) fn take_over(&self, mut duty: Box<dyn Duty>) {
        duty.opened(&self.object, &self.counts);
        self.slow().duty = Some(duty);
    }

    /// This processor begins with the object's records.
    #[inline]
    pub(crate) fn begun(&self, processor: usize) {
        if self.counts.is_first(processor) && self.unbegun.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.slow().waiting = None;
        }
    }

    /// A record failed for this processor. After too many the rest of the object is cut short; at
    /// once, if what the processor depends on is down.
    pub(crate) fn fail(&self, processor: usize, record: Record<'_>, failure: &Failure) {
        let counters = &self.shared.counters;
        let before = self.counts.failed(processor);
        self.note(processor, record, failure);
        self.shared.observer.record_failed(&counters.processors[processor].0, record, failure);
        if before.here < LOGGED {
            report::record_failed(
                counters,
                &self.message_id,
                &self.treatment,
                processor,
                record,
                failure,
            );
        }
        let limit = self.treatment.limits.failed_records;
        if before.all + 1 == limit {
            report::too_many_failures(counters, &self.message_id, &self.object, limit);
            self.stop.cancel();
        }
    }

    fn note(&self, processor: usize, record: Record<'_>, failure: &Failure) {
        let gate = &self.shared.gate;
        let of = gate.processor(processor);
        let may_pass = failure.may_pass();
        if may_pass {
            gate.failed(of, OutageClass::Failing, &self.object.to_string(), &failure.text());
        }
        let mut slow = self.slow();
        slow.retry_after = slow.retry_after.max(failure.error().and_then(ProcessError::delay));
        slow.failed_at = self.shared.env.now();
        slow.failures.iter_mut().for_each(|failures| failures.add(processor, record, failure));
        match may_pass {
            true => slow.suspect(of),
            false => slow.own_fault = true,
        }
        drop(slow);
        if may_pass && gate.is_down(of) {
            self.hold(of);
        }
    }

    /// Something that the object needs is down: it is cut short, and begun anew later.
    pub(super) fn hold(&self, of: &OutageOf) {
        let mut slow = self.slow();
        slow.is_held = true;
        slow.suspect(of);
        drop(slow);
        self.stop.cancel();
    }

    /// What of it is settled, where that is kept.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.saving.as_ref().map(|saving| &saving.progress)
    }

    /// What was read of it is damaged: nothing of it is remembered.
    pub(super) fn spoil(&self) {
        self.progress().iter().for_each(|progress| progress.spoil());
    }

    /// The processors that its records are given to.
    pub(super) fn processors(&self) -> &[usize] {
        &self.treatment.processors
    }

    pub(super) fn treatment(&self) -> &Treatment {
        &self.treatment
    }

    /// A record failed for every processor, because it cannot be handed to any.
    pub(super) fn refuse(&self, record: Record<'_>, why: String) {
        self.shared.counters.objects.records_refused.add(1);
        let failure = Failure::Refused(why);
        self.processors().iter().for_each(|processor| self.fail(*processor, record, &failure));
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

    /// This processor was done with so many records that were found, before the object was read.
    pub(super) fn was_done(&self, processor: usize, records: u64) {
        if records > 0 {
            self.begun(processor);
            self.counters(processor).done_before.add(records);
            self.counts.settled(processor, records);
        }
    }

    /// So many records more were found, and so many verdicts on them are to come.
    pub(super) fn open(&self, records: u64, verdicts: usize) {
        if self.unbegun.load(Ordering::Relaxed) > 0 {
            self.slow().waiting.get_or_insert_with(|| self.shared.capacity.wait());
        }
        self.counts.found(records);
        self.ledger.open(verdicts as u64);
    }

    /// This processor gave so many verdicts, of which these are good: seen by counters and
    /// snapshots.
    pub(crate) fn show(&self, processor: usize, done: u64, verdicts: u64) {
        self.counters(processor).done.add(done);
        self.counts.settled(processor, verdicts);
        if done > 0 {
            let gate = &self.shared.gate;
            gate.succeeded(gate.processor(processor));
        }
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
        slow.waiting = None;
        let Some(duty) = slow.duty.take() else { return };
        let failed = self.counts.failed_by_processor();
        let (read_to_end, retry_after) = (slow.read_to_end, slow.retry_after);
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        let failures = slow.failures.take().filter(|_| read_to_end && !cancelled);
        let failed_records = failures.and_then(Failures::into_all);
        let aside = failed_records.map(|records| Failed { object: self.object.clone(), records });
        let own_fault = (slow.own_fault && aside.is_none()) || (!read_to_end && !cancelled);
        let suspects = std::mem::take(&mut slow.suspects);
        let failed_at = slow.failed_at;
        let question = Question { failed_at, retry_after, failed, read_to_end, aside };
        let is_held = slow.is_held;
        // Who waits for the object's end goes on from here.
        drop(slow);
        match () {
            () if own_fault => {
                duty.end(ObjectEnd::Failed { retry_after }, &question.failed, read_to_end);
            }
            () if is_held => duty.again(suspects, None),
            () if !question.failed.is_empty() => duty.again(suspects, Some(question)),
            () if cancelled => duty.end(ObjectEnd::Cancelled, &[], read_to_end),
            () => duty.end(ObjectEnd::Done, &[], read_to_end),
        }
    }

    fn counters(&self, processor: usize) -> &ProcessorCounters {
        &self.shared.counters.processors[processor].1
    }

    fn slow(&self) -> MutexGuard<'_, Slow> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use super::{
    grace::GRACE,
    identity::Identity,
    window::{After, Judge, Tried, Window},
};
use crate::{
    config::DeferredOptions,
    error::ProcessError,
    ledger::{Given, Tally, Verdict, Verdicts},
    object::{Lane, ObjectState, Records, Share},
    process::{Ack, AckSink, Context, DeferredProcessor},
    progress::{DoneSoFar, Set},
    record::Record,
    runtime::{Failure, Shared, Stop},
    stats::ProcessorCounters,
};
use futures::future::BoxFuture;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep, sleep_until},
};

/// A [`DeferredProcessor`] with its limits.
pub(crate) struct DeferredLane<P> {
    identity: Arc<Identity>,
    processor: P,
    /// One permit for each record that is being taken over or has no verdict yet.
    permits: Arc<Semaphore>,
    concurrency: usize,
    accept_timeout: Option<Duration>,
    verdict_timeout: Option<Duration>,
}

impl<P: DeferredProcessor> DeferredLane<P> {
    pub(crate) fn new(name: String, index: usize, processor: P, options: &DeferredOptions) -> Self {
        Self {
            identity: Arc::new(Identity { name, index }),
            processor,
            permits: Arc::new(Semaphore::new(options.concurrency)),
            concurrency: options.concurrency,
            accept_timeout: options.accept_timeout,
            verdict_timeout: options.verdict_timeout,
        }
    }

    async fn run_share(self: Arc<Self>, share: Share, cx: Context, shared: Shared) {
        let object = Arc::clone(share.object());
        let stop = object.stop.clone();
        let records = share.into_records();
        let group = Arc::new(Group {
            identity: Arc::clone(&self.identity),
            object,
            shared,
            first: records.first_index(),
            verdicts: Verdicts::new(records.len()),
            permits: Arc::clone(&self.permits),
            idle: Notify::new(),
            waiting: self.verdict_timeout.map(Waiting::new),
            number: OnceLock::new(),
        });
        if let Some(progress) = group.object.progress() {
            let number = progress.began(group.identity.index, Arc::clone(&group) as _);
            let _ = group.number.set(number);
        }
        let expiry = Expiry(Arc::clone(&group));
        let work = async {
            self.hand_over(records, &cx.apart(), &group, &stop).await;
            // The buffer has gone back; what is kept from here on is the records nobody has
            // settled.
            if !stop.is_cancelled() {
                tokio::select! {
                    biased;
                    () = group.idle.notified() => {}
                    () = stop.cancelled() => {}
                }
            }
        };
        match &group.waiting {
            None => work.await,
            // Beside the handing over as well, which may wait for the places of those whose time
            // is up.
            Some(waiting) => tokio::select! {
                biased;
                () = work => {}
                () = group.time_out(waiting) => {}
            },
        }
        let is_complete = group.verdicts.is_settled();
        drop(expiry);
        if !is_complete {
            // An acknowledgement that was leaked must not keep its permit for ever.
            sleep(GRACE).await;
            group.permits.add_permits(group.verdicts.reclaim());
        }
    }

    async fn hand_over(&self, records: Records, cx: &Context, group: &Arc<Group>, stop: &Stop) {
        // Whatever becomes of the future, the acknowledgement exists from here on: not given or
        // dropped, it fails.
        let accept = |i, _| {
            let record: Record<'_> = records.record(i);
            let sink: Arc<dyn AckSink> = Arc::clone(group) as _;
            self.processor.accept(record, cx, Ack::new(sink, record.index(), record.offset()))
        };
        let mut handover = HandOver { group, records: &records, given: Tally::default() };
        let mut window = Window::new(Arc::clone(&self.permits), self.accept_timeout, false);
        window.run(records.len(), accept, stop, &mut handover).await;
    }
}

/// Counts, many at once, the verdicts that were given while their records were handed over.
struct HandOver<'a> {
    group: &'a Group,
    records: &'a Records,
    given: Tally,
}

impl Judge<()> for HandOver<'_> {
    fn begins(&mut self) {
        self.group.object.begun(self.group.identity.index);
    }

    #[inline]
    fn judge(&mut self, item: usize, _: u32, tried: Tried<()>) -> After {
        match tried {
            Tried::Returned(()) => {}
            Tried::Panicked(_) => self.group.mine().panicked.add(1),
            Tried::TimedOut(_) => self.group.mine().timed_out.add(1),
        }
        match self.group.verdicts.handed_over(item) {
            Some(verdict) => {
                self.given += verdict;
                After::Settled
            }
            None => {
                if let Some(waiting) = &self.group.waiting {
                    waiting.add(item, self.records.record(item).offset());
                }
                After::Left
            }
        }
    }

    fn pause(&mut self, _: usize) {
        self.count();
    }
}

impl HandOver<'_> {
    fn count(&mut self) {
        self.group.count(std::mem::take(&mut self.given));
    }
}

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        self.count();
    }
}

/// The records of one parcel that wait for their verdicts.
struct Group {
    identity: Arc<Identity>,
    object: Arc<ObjectState>,
    shared: Shared,
    /// Index of the first of them.
    first: u64,
    verdicts: Verdicts,
    permits: Arc<Semaphore>,
    idle: Notify,
    /// Those that were handed over, where a verdict has its time.
    waiting: Option<Waiting>,
    /// What its records are known by, where progress is kept.
    number: OnceLock<u64>,
}

/// Records that wait for their verdicts, in the order of their time.
struct Waiting {
    timeout: Duration,
    /// Since when, which, and where it stands in its object.
    since: Mutex<VecDeque<(Instant, usize, u64)>>,
    more: Notify,
}

impl Waiting {
    fn new(timeout: Duration) -> Self {
        Self { timeout, since: Mutex::default(), more: Notify::new() }
    }

    fn add(&self, record: usize, offset: u64) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.push_back((Instant::now(), record, offset));
        drop(since);
        self.more.notify_one();
    }

    /// The next of which the time is up, when it is.
    async fn next(&self) -> (usize, u64) {
        loop {
            let first = self.since.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match first {
                Some((since, record, offset)) => {
                    sleep_until(since + self.timeout).await;
                    return (record, offset);
                }
                None => self.more.notified().await,
            }
        }
    }
}

impl DoneSoFar for Group {
    fn add_to(&self, set: &mut Set) {
        let index = |record| self.first + record as u64;
        self.verdicts.done().for_each(|run| set.add(index(run.start)..index(run.end)));
    }
}

impl AckSink for Group {
    fn done(&self, index: u64) {
        self.give(index, Verdict::Done);
    }

    #[cold]
    fn not_done(&self, index: u64, offset: u64, error: Option<ProcessError>) {
        let verdict = self.note(index, offset, error);
        self.give(index, verdict);
    }
}

impl Group {
    fn position(&self, index: u64) -> usize {
        (index - self.first) as usize
    }

    #[inline]
    fn give(&self, index: u64, verdict: Verdict) {
        let given = self.verdicts.give(self.position(index), verdict);
        if given.after_hand_over || given.late {
            self.given_elsewhere(verdict, &given);
        }
    }

    fn mine(&self) -> &ProcessorCounters {
        self.identity.counters(&self.shared)
    }

    /// Fails the records of which no verdict comes in time. Never ends.
    async fn time_out(&self, waiting: &Waiting) {
        loop {
            let (record, offset) = waiting.next().await;
            if !self.verdicts.time_out(record) {
                continue;
            }
            self.mine().timed_out.add(1);
            let Self { identity, object, .. } = self;
            let index = self.first + record as u64;
            let named = Record::new(&[], &object.object, index, offset);
            object.fail(identity.index, named, &Failure::TimedOut(waiting.timeout));
            self.permits.add_permits(1);
            self.count(Verdict::Failed.into());
        }
    }

    /// What stands against the object is recorded before the verdict counts: another one may be the
    /// last, and whoever gives that must not see the object complete without it.
    fn note(&self, index: u64, offset: u64, error: Option<ProcessError>) -> Verdict {
        let Self { identity, object, shared, .. } = self;
        let failure = match error {
            Some(error) => Some(Failure::Error(error)),
            // Giving up when told to is no failure: such a message goes back without a delay.
            None if object.stop.is_cancelled() || shared.signals.abort.is_cancelled() => None,
            None => Some(Failure::Dropped),
        };
        let is_late = self.verdicts.is_late(self.position(index));
        match failure {
            Some(failure) => {
                if !is_late {
                    object.fail(
                        identity.index,
                        Record::new(&[], &object.object, index, offset),
                        &failure,
                    );
                }
                Verdict::Failed
            }
            None => {
                if !is_late {
                    object.cut_short();
                }
                Verdict::GivenUp
            }
        }
    }

    /// A verdict that was given when the record had left the task that handed it over, or that task
    /// had left the record.
    fn given_elsewhere(&self, verdict: Verdict, given: &Given) {
        if given.late {
            self.mine().late.add(1);
        } else {
            self.count(verdict.into());
        }
        // The record took its permit along.
        if given.after_hand_over {
            self.permits.add_permits(1);
        }
    }

    /// Lets counters and snapshots see these verdicts. The object waits for all of the parcel
    /// anyway.
    fn count(&self, verdicts: Tally) {
        let Tally { done, failed, given_up } = verdicts;
        let Self { identity, object, .. } = self;
        if done + failed > 0 {
            object.show(identity.index, done, done + failed);
            self.mine().failed.add(failed);
        }
        if given_up > 0 {
            object.give_up(identity.index, given_up);
        }
        if self.verdicts.settle(verdicts.total()) {
            if let (Some(progress), Some(number)) = (object.progress(), self.number.get()) {
                progress.ended(*number);
            }
            object.settle(self.verdicts.len() as u64);
            self.idle.notify_one();
        }
    }
}

/// When the work on the parcel ends, however it does, verdicts that have not come are not awaited
/// any more, and who still works on them is told.
struct Expiry(Arc<Group>);

impl Drop for Expiry {
    fn drop(&mut self) {
        let expired = self.0.verdicts.expire();
        if expired.given_up > 0 {
            self.0.object.stop.cancel();
        }
        self.0.count(expired);
    }
}

impl<P: DeferredProcessor> Lane for DeferredLane<P> {
    fn name(&self) -> &str {
        &self.identity.name
    }

    fn places(&self) -> (Arc<Semaphore>, usize) {
        (Arc::clone(&self.permits), self.concurrency)
    }

    fn run(self: Arc<Self>, share: Share, cx: Context, shared: Shared) -> BoxFuture<'static, ()> {
        Box::pin(self.run_share(share, cx, shared))
    }
}

impl<P> fmt::Debug for DeferredLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredLane").field("name", &self.identity.name).finish_non_exhaustive()
    }
}

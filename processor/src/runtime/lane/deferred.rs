use super::{
    super::{
        batch::{Records, Share},
        object::{Failure, ObjectState},
        window::{Next, Verdict, Window},
    },
    Identity, Lane, Shared,
};
use crate::{
    config::DeferredOptions,
    error::ProcessError,
    ledger::{Outstanding, Turn},
    process::{Ack, AckSink, Context, DeferredProcessor},
    record::Record,
};
use futures::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// A [`DeferredProcessor`] with its limits.
pub(crate) struct DeferredLane<P> {
    identity: Arc<Identity>,
    processor: P,
    /// One permit for each record that is being taken over or has no verdict yet.
    permits: Arc<Semaphore>,
    accept_timeout: Option<Duration>,
}

impl<P: DeferredProcessor> DeferredLane<P> {
    pub(crate) fn new(name: String, place: usize, processor: P, options: &DeferredOptions) -> Self {
        Self {
            identity: Arc::new(Identity { name, place }),
            processor,
            permits: Arc::new(Semaphore::new(options.concurrency)),
            accept_timeout: options.accept_timeout,
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
            states: (0..records.len()).map(|_| AtomicU8::new(0)).collect(),
            permits: Arc::clone(&self.permits),
            outstanding: Outstanding::new(records.len() as u64),
            idle: Notify::new(),
        });
        let expiry = Expiry(Arc::clone(&group));
        self.accept_all(records, &cx, &group, &stop).await;
        // The buffer has gone back; what is kept from here on is the records nobody has settled.
        if !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = group.idle.notified() => {}
                () = stop.cancelled() => {}
            }
        }
        drop(expiry);
    }

    async fn accept_all(&self, records: Records, cx: &Context, group: &Arc<Group>, stop: &CancellationToken) {
        let mine = self.identity.counters(&group.shared);
        // Whatever becomes of the future, the acknowledgement exists from here on: not given or dropped, it fails.
        let accept = |i, _| {
            let record: Record<'_> = records.record(i);
            let sink: Arc<dyn AckSink> = Arc::clone(group) as _;
            self.processor.accept(record.to_owned(), cx.clone(), Ack::new(sink, record.index(), record.offset()))
        };
        let mut report = |i, _, verdict| {
            match verdict {
                Verdict::Ready(()) => {}
                Verdict::Panicked(_) => mine.panicked.add(1),
                Verdict::TimedOut(_) => mine.timed_out.add(1),
            }
            if group.has_both(i, ACCEPTED) { Next::Settled } else { Next::Left }
        };
        let mut window = Window::new(Arc::clone(&self.permits), self.accept_timeout, false);
        window.run(records.len(), accept, stop, &mut report).await;
    }
}

/// The records of one batch that wait for their verdicts.
struct Group {
    identity: Arc<Identity>,
    object: Arc<ObjectState>,
    shared: Shared,
    /// Index of the first of them.
    first: u64,
    /// What happened to each of them.
    states: Box<[AtomicU8]>,
    permits: Arc<Semaphore>,
    outstanding: Outstanding,
    idle: Notify,
}

/// The record was taken over, or was not; its verdict was given, or is not waited for. Once both have happened, its permit
/// is free: whoever sees that gives it back.
const ACCEPTED: u8 = 1;
const SETTLED: u8 = 2;

/// What a record came to.
enum Judgement {
    Done,
    Failed(Failure),
    GivenUp,
}

impl AckSink for Group {
    fn settle(&self, index: u64, offset: u64, verdict: Option<Result<(), ProcessError>>) {
        self.judge(index, offset, verdict);
        if self.has_both((index - self.first) as usize, SETTLED) {
            self.permits.add_permits(1);
        }
    }
}

impl Group {
    /// The one has happened to this record: whether the other has before.
    fn has_both(&self, i: usize, happened: u8) -> bool {
        self.states[i].fetch_or(happened, Ordering::AcqRel) | happened == ACCEPTED | SETTLED
    }

    fn judge(&self, index: u64, offset: u64, verdict: Option<Result<(), ProcessError>>) {
        let Self { identity, object, shared, .. } = self;
        let mine = identity.counters(shared);
        let pointless = || object.stop.is_cancelled() || shared.signals.abort.is_cancelled();
        let judgement = match verdict {
            Some(Ok(())) => Judgement::Done,
            Some(Err(error)) => Judgement::Failed(Failure::Error(error)),
            // Giving up when told to is no failure: such a message goes back without a delay.
            None if pointless() => Judgement::GivenUp,
            None => {
                let why = "its acknowledgement was dropped without a verdict";
                Judgement::Failed(Failure::Refused(why.into()))
            }
        };
        // What stands against the object is recorded before the verdict counts: another one may be the last, and whoever
        // gives that must not see the object complete without it.
        match &judgement {
            Judgement::Done => {}
            _ if self.outstanding.is_expired() => {}
            Judgement::Failed(failure) => {
                object.fail(identity.place, Record::new(&[], &object.object, index, offset), failure);
            }
            Judgement::GivenUp => object.cut_short(),
        }
        let Some(turn) = self.outstanding.take_one() else { return mine.late.add(1) };
        match judgement {
            Judgement::Done => object.show(identity.place, 1, 1),
            Judgement::Failed(_) => {
                mine.failed.add(1);
                object.show(identity.place, 0, 1);
            }
            Judgement::GivenUp => object.give_up(identity.place, 1),
        }
        self.settle_if(turn);
    }

    /// The object waits for all of them anyway.
    fn settle_if(&self, turn: Turn) {
        if turn.last {
            self.object.settle(self.states.len() as u64);
            self.idle.notify_one();
        }
    }
}

/// When the work on the batch ends, however it does, verdicts that have not come are not waited for any more, and who
/// still works on them is told.
struct Expiry(Arc<Group>);

impl Drop for Expiry {
    fn drop(&mut self) {
        let Group { outstanding, object, identity, states, .. } = &*self.0;
        let missing = outstanding.expire();
        if missing > 0 {
            object.stop.cancel();
            object.give_up(identity.place, missing);
            object.settle(states.len() as u64);
        }
    }
}

impl<P: DeferredProcessor> Lane for DeferredLane<P> {
    fn name(&self) -> &str {
        &self.identity.name
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

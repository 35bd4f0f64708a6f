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
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
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
        let accept = |i, _, permit: Option<OwnedSemaphorePermit>| {
            let record: Record<'_> = records.record(i);
            let permit = Arc::new(permit);
            let sink: Arc<dyn AckSink> = Arc::clone(group) as _;
            let ack = Ack::new(sink, Arc::clone(&permit), record.index(), record.offset());
            let accepted = self.processor.accept(record.to_owned(), cx.clone(), ack);
            async move {
                accepted.await;
                drop(permit);
            }
        };
        let mut report = |_, _, verdict| {
            match verdict {
                Verdict::Ready(()) => {}
                Verdict::Panicked(_) => mine.panicked.add(1),
                Verdict::TimedOut(_) => mine.timed_out.add(1),
            }
            Next::Settled
        };
        let mut window = Window::handing_over(Arc::clone(&self.permits), self.accept_timeout);
        window.run(records.len(), accept, stop, &mut report).await;
    }
}

/// The records of one batch that wait for their verdicts.
struct Group {
    identity: Arc<Identity>,
    object: Arc<ObjectState>,
    shared: Shared,
    outstanding: Outstanding,
    idle: Notify,
}

impl AckSink for Group {
    fn settle(&self, index: u64, offset: u64, verdict: Option<Result<(), ProcessError>>) {
        let Self { identity, object, shared, .. } = self;
        let mine = identity.counters(shared);
        let pointless = object.stop.is_cancelled() || shared.signals.abort.is_cancelled();
        let failure = match verdict {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(Failure::Error(error)),
            // Giving up when told to is no failure: such a message goes back without a delay.
            None if pointless => return self.give_up_one(),
            None => Some(Failure::Refused("its acknowledgement was dropped without a verdict".into())),
        };
        // A failure is recorded before its verdict counts, so that nobody can see the object complete without it.
        if let Some(failure) = &failure
            && !self.outstanding.is_expired()
        {
            let record = Record::new(&[], &object.object, index, offset);
            object.fail(&identity.name, record, failure);
        }
        let Some(turn) = self.outstanding.take_one() else { return mine.late.add(1) };
        if failure.is_some() {
            mine.failed.add(1);
        }
        object.show(identity.place, u64::from(failure.is_none()), 1);
        self.settle_one(turn);
    }
}

impl Group {
    fn give_up_one(&self) {
        let Some(turn) = self.outstanding.take_one() else {
            return self.identity.counters(&self.shared).late.add(1);
        };
        self.object.give_up(self.identity.place, 1);
        self.settle_one(turn);
    }

    fn settle_one(&self, turn: Turn) {
        self.object.settle(1);
        if turn.last {
            self.idle.notify_one();
        }
    }
}

/// When the work on the batch ends, however it does, verdicts that have not come are not waited for any more, and who
/// still works on them is told.
struct Expiry(Arc<Group>);

impl Drop for Expiry {
    fn drop(&mut self) {
        let Group { outstanding, object, identity, .. } = &*self.0;
        let missing = outstanding.expire();
        if missing > 0 {
            object.stop.cancel();
            object.give_up(identity.place, missing);
            object.settle(missing);
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

use super::{
    super::{
        batch::{Records, Share},
        object::{Failure, ObjectState},
        window::{Next, Verdict, Window},
    },
    Identity, Lane, Shared,
};
use crate::{
    config::{DeferredOptions, Retry},
    error::ProcessError,
    process::{Ack, AckSink, Context, DeferredProcessor},
    record::Record,
};
use futures::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};

/// A [`DeferredProcessor`] with its limits.
pub(crate) struct DeferredLane<P> {
    identity: Arc<Identity>,
    processor: P,
    /// One permit for each record without a verdict.
    permits: Arc<Semaphore>,
    /// One permit for each record being taken over.
    accepting: Arc<Semaphore>,
    accept_timeout: Option<Duration>,
}

impl<P: DeferredProcessor> DeferredLane<P> {
    pub(crate) fn new(name: String, place: usize, processor: P, options: &DeferredOptions) -> Self {
        Self {
            identity: Arc::new(Identity { name, place }),
            processor,
            permits: Arc::new(Semaphore::new(options.concurrency)),
            accepting: Arc::new(Semaphore::new(options.concurrency)),
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
            outstanding: AtomicU64::new(records.len() as u64),
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

    async fn accept_all(
        &self,
        records: Records,
        cx: &Context,
        group: &Arc<Group>,
        stop: &tokio_util::sync::CancellationToken,
    ) {
        let mine = self.identity.counters(&group.shared);
        let accept = |i, _| {
            let record: Record<'_> = records.record(i);
            let sink: Arc<dyn AckSink> = Arc::clone(group) as _;
            let permit = Arc::clone(&self.permits).acquire_owned();
            async move {
                // The semaphore is never closed.
                let Ok(permit) = permit.await else { return };
                let ack = Ack::new(sink, permit, record.index(), record.offset());
                self.processor.accept(record.to_owned(), cx.clone(), ack).await;
            }
        };
        // A failed acceptance drops its acknowledgement, which fails the record.
        let report = |_, _, verdict| {
            match verdict {
                Verdict::Ready(()) => {}
                Verdict::Panicked(_) => mine.panicked.add(1),
                Verdict::TimedOut(_) => mine.timed_out.add(1),
            }
            Next::Settled
        };
        let mut window = Window::new(Arc::clone(&self.accepting), self.accept_timeout, Retry::none().keep_place);
        window.run(records.len(), accept, stop, report).await;
    }
}

/// The records of one batch that wait for their verdicts.
struct Group {
    identity: Arc<Identity>,
    object: Arc<ObjectState>,
    shared: Shared,
    /// Verdicts still to come; [`EXPIRED`] when nobody waits for them any more.
    outstanding: AtomicU64,
    idle: Notify,
}

const EXPIRED: u64 = u64::MAX;

impl AckSink for Group {
    fn settle(&self, index: u64, offset: u64, verdict: Option<Result<(), ProcessError>>) {
        let mine = self.identity.counters(&self.shared);
        let failure = match verdict {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(Failure::Error(error)),
            None => Some(Failure::Refused("its acknowledgement was dropped without a verdict".into())),
        };
        // A failure is recorded before its verdict counts, so that nobody can see the object complete without it.
        if let Some(failure) = &failure
            && self.outstanding.load(Ordering::Acquire) != EXPIRED
        {
            let record = Record::new(&[], &self.object.object, index, offset);
            self.object.fail(&self.identity.name, record, failure);
        }
        let left = self.outstanding.fetch_update(Ordering::AcqRel, Ordering::Acquire, |outstanding| {
            (outstanding != EXPIRED).then(|| outstanding - 1)
        });
        let Ok(before) = left else { return mine.late.add(1) };
        if failure.is_none() {
            mine.done.add(1)
        } else {
            mine.failed.add(1)
        };
        self.object.settled(self.identity.place, 1);
        if before == 1 {
            self.idle.notify_one();
        }
    }
}

/// When the work on the batch ends, however it does, verdicts that have not come are not waited for any more.
struct Expiry(Arc<Group>);

impl Drop for Expiry {
    fn drop(&mut self) {
        let Group { outstanding, object, identity, shared, .. } = &*self.0;
        let missing = outstanding.swap(EXPIRED, Ordering::AcqRel);
        if missing > 0 {
            object.give_up();
            identity.counters(shared).cancelled.add(missing);
            object.settled(identity.place, missing);
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

use super::{
    batch::{Batch, Share},
    object::Failure,
    window::{Verdict, Window},
};
use crate::{
    config::ProcessorOptions,
    error::ProcessError,
    process::{Context, RecordProcessor},
    stats::Counters,
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

/// A processor as the runtime sees it: erased, and asked once per batch.
pub(crate) trait Lane: Send + Sync + fmt::Debug + 'static {
    /// The processor's name.
    fn name(&self) -> &str;

    /// Works on every record of the batch. The future ends when each has its verdict or was given up.
    fn run(self: Arc<Self>, batch: Arc<Batch>, cx: Context, counters: Arc<Counters>) -> BoxFuture<'static, ()>;
}

/// A [`RecordProcessor`] with its limits.
pub(crate) struct RecordLane<P> {
    name: String,
    place: usize,
    processor: P,
    /// One permit for each task that polls, and one for each record that waits.
    permits: Arc<Semaphore>,
    timeout: Option<Duration>,
}

impl<P: RecordProcessor> RecordLane<P> {
    pub(crate) fn new(name: String, place: usize, processor: P, options: &ProcessorOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.concurrency));
        Self { name, place, processor, permits, timeout: options.timeout }
    }

    async fn run_batch(self: Arc<Self>, mut share: Share, cx: Context) {
        let batch = Arc::clone(&share.batch);
        let stop = batch.object.stop.clone();
        let mut window = Window::new(PollSemaphore::new(Arc::clone(&self.permits)), self.timeout);
        let process = |i| self.processor.process(batch.record(i), &cx);
        window.run(batch.len(), process, &stop, |i, verdict| self.settle(&mut share, i, verdict)).await;
    }

    fn settle(&self, share: &mut Share, i: usize, verdict: Verdict<Result<(), ProcessError>>) {
        let failure = match verdict {
            Verdict::Ready(Ok(())) => {
                share.done += 1;
                return;
            }
            Verdict::Ready(Err(error)) => Failure::Error(error),
            Verdict::Panicked(message) => {
                share.counters().panicked.add(1);
                Failure::Panic(message)
            }
            Verdict::TimedOut(timeout) => {
                share.counters().timed_out.add(1);
                Failure::TimedOut(timeout)
            }
        };
        share.failed += 1;
        share.counters().failed.add(1);
        share.batch.object.fail(&self.name, share.batch.record(i), &failure);
    }
}

impl<P: RecordProcessor> Lane for RecordLane<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(self: Arc<Self>, batch: Arc<Batch>, cx: Context, counters: Arc<Counters>) -> BoxFuture<'static, ()> {
        // Made here and not by the task: a task that is dropped before its first turn owes its verdicts all the same.
        let share = Share::new(batch, self.place, counters);
        Box::pin(self.run_batch(share, cx))
    }
}

impl<P> fmt::Debug for RecordLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordLane").field("name", &self.name).finish_non_exhaustive()
    }
}

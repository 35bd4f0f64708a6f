use super::{
    identity::Identity,
    try_again::try_again,
    window::{After, Judge, Tried, Window},
};
use crate::{
    config::{ProcessorOptions, Retry},
    error::ProcessError,
    object::{Lane, Share},
    process::{Context, RecordProcessor},
    runtime::Shared,
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::Instant};

/// A [`RecordProcessor`] with its limits.
pub(crate) struct RecordLane<P> {
    identity: Identity,
    processor: P,
    /// One permit for each task that polls, and one for each record that waits.
    permits: Arc<Semaphore>,
    concurrency: usize,
    timeout: Option<Duration>,
    retry: Retry,
}

impl<P: RecordProcessor> RecordLane<P> {
    pub(crate) fn new(
        name: String,
        index: usize,
        processor: P,
        options: &ProcessorOptions,
        retry: &Retry,
    ) -> Self {
        Self {
            identity: Identity { name, index },
            processor,
            permits: Arc::new(Semaphore::new(options.concurrency)),
            concurrency: options.concurrency,
            timeout: options.timeout,
            retry: options.retry.as_ref().unwrap_or(retry).clone(),
        }
    }

    async fn run_share(self: Arc<Self>, mut share: Share, cx: Context, shared: Shared) {
        share.track(false);
        let stop = share.object().stop.clone();
        // A second handle on the records, so that verdicts can be written while futures borrow
        // them.
        let records = share.view();
        let cx = cx.apart();
        let attempts: Vec<_> =
            (1..=self.retry.times + 1).map(|attempt| cx.at_attempt(attempt)).collect();
        let mut judge = RecordJudge { lane: &self, share, shared: &shared, timed: Vec::new() };
        let process =
            |i, attempt| self.processor.process(records.record(i), &attempts[attempt as usize - 1]);
        Window::new(Arc::clone(&self.permits), self.timeout, self.retry.keep_place)
            .run(records.len(), process, &stop, &mut judge)
            .await;
    }
}

/// Gives the verdicts on a share's records.
struct RecordJudge<'a, P> {
    lane: &'a RecordLane<P>,
    share: Share,
    shared: &'a Shared,
    /// Which of those that wait are timed, and since when.
    timed: Vec<(usize, Instant)>,
}

/// One record in so many is timed: to look at the clock for each would cost as much as to dispatch
/// it.
const TIMED: usize = 64;

impl<P> Judge<Result<(), ProcessError>> for RecordJudge<'_, P> {
    fn begins(&mut self) {
        self.share.object().begun(self.lane.identity.index);
    }

    #[inline]
    fn judge(
        &mut self,
        item: usize,
        attempt: u32,
        tried: Tried<Result<(), ProcessError>>,
    ) -> After {
        if let Tried::Returned(Ok(())) = tried {
            self.share.done += 1;
            return After::Settled;
        }
        self.not_done(item, attempt, tried)
    }

    #[inline]
    fn waits(&mut self, item: usize) {
        self.share.hold_back(item);
        if item.is_multiple_of(TIMED) {
            self.timed.push((item, Instant::now()));
        }
    }

    #[inline]
    fn waited(&mut self, item: usize) {
        self.share.is_done(item);
        if item.is_multiple_of(TIMED) {
            self.time(item);
        }
    }

    fn pause(&mut self, begun: usize) {
        self.share.begun(begun);
        self.share.show();
    }
}

impl<P> RecordJudge<'_, P> {
    #[cold]
    fn time(&mut self, item: usize) {
        if let Some(at) = self.timed.iter().position(|(timed, _)| *timed == item) {
            let (_, since) = self.timed.swap_remove(at);
            self.shared.counters.timing.record(self.lane.identity.index, since.elapsed());
        }
    }

    #[cold]
    fn not_done(
        &mut self,
        item: usize,
        attempt: u32,
        tried: Tried<Result<(), ProcessError>>,
    ) -> After {
        let Self { lane, share, shared, .. } = self;
        share.hold_back(item);
        let failure = lane.identity.failure(tried, shared);
        let mine = lane.identity.counters(shared);
        match try_again(&lane.retry, &shared.env, attempt, failure.error()) {
            Some(wait) => {
                mine.retried.add(1);
                After::Again(wait)
            }
            None => {
                lane.identity.fail(share, mine, item, &failure);
                After::Failed
            }
        }
    }
}

impl<P: RecordProcessor> Lane for RecordLane<P> {
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

impl<P> fmt::Debug for RecordLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordLane").field("name", &self.identity.name).finish_non_exhaustive()
    }
}

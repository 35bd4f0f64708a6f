use super::{
    super::{
        batch::Share,
        object::Failure,
        window::{Next, Verdict, Window},
    },
    Identity, Lane, Shared, try_again,
};
use crate::{
    config::{ProcessorOptions, Retry},
    error::ProcessError,
    process::{Context, RecordProcessor},
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// A [`RecordProcessor`] with its limits.
pub(crate) struct RecordLane<P> {
    identity: Identity,
    processor: P,
    /// One permit for each task that polls, and one for each record that waits.
    permits: Arc<Semaphore>,
    timeout: Option<Duration>,
    retry: Retry,
}

impl<P: RecordProcessor> RecordLane<P> {
    pub(crate) fn new(name: String, place: usize, processor: P, options: &ProcessorOptions, retry: &Retry) -> Self {
        Self {
            identity: Identity { name, place },
            processor,
            permits: Arc::new(Semaphore::new(options.concurrency)),
            timeout: options.timeout,
            retry: options.retry.as_ref().unwrap_or(retry).clone(),
        }
    }

    async fn run_share(self: Arc<Self>, mut share: Share, cx: Context, shared: Shared) {
        let mine = self.identity.counters(&shared);
        let stop = share.object().stop.clone();
        // A second handle on the records, so that verdicts can be written while futures borrow them.
        let records = share.clone_view();
        let attempts: Vec<_> = (1..=self.retry.times + 1).map(|attempt| cx.at_attempt(attempt)).collect();
        Window::new(Arc::clone(&self.permits), self.timeout, self.retry.keep_place)
            .run(
                records.len(),
                |i, attempt| self.processor.process(records.record(i), &attempts[attempt as usize - 1]),
                &stop,
                |i, attempt, verdict| {
                    let failure = match verdict {
                        Verdict::Ready(Ok(())) => {
                            share.done += 1;
                            return Next::Settled;
                        }
                        Verdict::Ready(Err(error)) => Failure::Error(error),
                        Verdict::Panicked(message) => {
                            mine.panicked.add(1);
                            Failure::Panic(message)
                        }
                        Verdict::TimedOut(timeout) => {
                            mine.timed_out.add(1);
                            Failure::TimedOut(timeout)
                        }
                    };
                    self.failed(&mut share, &shared, i, attempt, &failure)
                },
            )
            .await;
    }

    fn failed(&self, share: &mut Share, shared: &Shared, i: usize, attempt: u32, failure: &Failure) -> Next {
        let mine = self.identity.counters(shared);
        let error: Option<&ProcessError> = failure.error();
        match try_again(&self.retry, &shared.env, attempt, error) {
            Some(wait) => {
                mine.retried.add(1);
                Next::Again(wait)
            }
            None => {
                self.identity.fail(share, mine, i, failure);
                Next::Settled
            }
        }
    }
}

impl<P: RecordProcessor> Lane for RecordLane<P> {
    fn name(&self) -> &str {
        &self.identity.name
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

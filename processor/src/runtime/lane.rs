//! A processor as the runtime sees it: erased, and asked once per batch.

mod batch;
mod deferred;
mod record;

pub(crate) use batch::BatchLane;
pub(crate) use deferred::DeferredLane;
pub(crate) use record::RecordLane;

use super::{
    Env, Gate, batch::Share, object::Failure, observer::Observer, phase::Signals, window::Verdict,
};
use crate::{
    error::ProcessError,
    process::Context,
    stats::{Counters, ProcessorCounters},
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};

/// One processor with its limits.
pub(crate) trait Lane: Send + Sync + fmt::Debug + 'static {
    /// The processor's name.
    fn name(&self) -> &str;

    /// Work that goes on beside the batches, from before the first to after the last.
    fn background(self: Arc<Self>, _shared: Shared) -> Option<BoxFuture<'static, ()>> {
        None
    }

    /// Works on every record of the share. When the future has ended and everything it handed on
    /// has, each record has its verdict or was given up.
    fn run(self: Arc<Self>, share: Share, cx: Context, shared: Shared) -> BoxFuture<'static, ()>;
}

/// What lanes share with the rest of the pipeline.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) env: Env,
    pub(crate) signals: Signals,
    pub(crate) counters: Arc<Counters>,
    pub(crate) observer: Observer,
    pub(crate) gate: Arc<Gate>,
}

/// A processor's name and its place among the counters.
#[derive(Debug)]
struct Identity {
    name: String,
    place: usize,
}

impl Identity {
    fn counters<'a>(&self, shared: &'a Shared) -> &'a ProcessorCounters {
        &shared.counters.processors[self.place].1
    }

    /// Why a try failed that did not end well; counts what the processor did not say itself.
    fn failure(&self, verdict: Verdict<Result<(), ProcessError>>, shared: &Shared) -> Failure {
        let mine = self.counters(shared);
        match verdict {
            Verdict::Ready(Ok(())) => unreachable!("asked about failures only"),
            Verdict::Ready(Err(error)) => Failure::Error(error),
            Verdict::Panicked(message) => {
                mine.panicked.add(1);
                Failure::Panic(message)
            }
            Verdict::TimedOut(timeout) => {
                mine.timed_out.add(1);
                Failure::TimedOut(timeout)
            }
        }
    }

    /// Counts one failed record and tells its object.
    fn fail(&self, share: &mut Share, mine: &ProcessorCounters, i: usize, failure: &Failure) {
        share.failed += 1;
        mine.failed.add(1);
        share.object().fail(self.place, share.record(i), failure);
    }
}

/// How long to wait before the next try in place, if there shall be one.
fn try_again(
    retry: &crate::config::Retry,
    env: &Env,
    attempt: u32,
    error: Option<&ProcessError>,
) -> Option<std::time::Duration> {
    if error.is_some_and(ProcessError::is_reject) {
        return None;
    }
    let wait = env.jittered(retry.delay(attempt)?);
    Some(error.and_then(ProcessError::delay).map_or(wait, |asked| asked.max(wait)))
}

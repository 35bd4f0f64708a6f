use super::window::Tried;
use crate::{
    error::ProcessError,
    object::Share,
    runtime::{Failure, Shared},
    stats::ProcessorCounters,
};

/// A processor's name and its index among the pipeline's processors.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) index: usize,
}

impl Identity {
    pub(super) fn counters<'a>(&self, shared: &'a Shared) -> &'a ProcessorCounters {
        &shared.counters.processors[self.index].1
    }

    /// Why a try failed that did not end well; counts what the processor did not say itself.
    pub(super) fn failure(
        &self,
        tried: Tried<Result<(), ProcessError>>,
        shared: &Shared,
    ) -> Failure {
        let mine = self.counters(shared);
        match tried {
            Tried::Returned(Ok(())) => unreachable!("asked about failures only"),
            Tried::Returned(Err(error)) => Failure::Error(error),
            Tried::Panicked(message) => {
                mine.panicked.add(1);
                Failure::Panic(message)
            }
            Tried::TimedOut(timeout) => {
                mine.timed_out.add(1);
                Failure::TimedOut(timeout)
            }
        }
    }

    /// Counts one failed record and tells its object.
    pub(super) fn fail(
        &self,
        share: &mut Share,
        mine: &ProcessorCounters,
        i: usize,
        failure: &Failure,
    ) {
        share.failed += 1;
        mine.failed.add(1);
        share.object().fail(self.index, share.record(i), failure);
    }
}

use super::Task;
use crate::{
    decode::Block,
    process::Context,
    runtime::{batch::Batch, blocks::Blocks, object::ObjectState, report, worker::Worker},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tracing::Span;

/// Where an object's batches leave for the processors, on whichever thread they were decoded.
///
/// When nobody can hand on any more it closes the object's ledger, however the reading ended, also
/// if its task was dropped in the middle: that is giving up, unless it panicked.
pub(super) struct Outlet {
    worker: Worker,
    state: Arc<ObjectState>,
    blocks: Arc<Blocks>,
    cx: Context,
    /// The user's runtime and the object's span: a decoder thread is in neither.
    runtime: Handle,
    span: Span,
    outcome: Mutex<Outcome>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    GivenUp,
    Failed,
    ReadToEnd,
}

impl Outlet {
    /// To be called in the object's own task.
    pub(super) fn new(task: &Task, state: Arc<ObjectState>, blocks: Blocks) -> Self {
        Self {
            worker: task.worker.clone(),
            state,
            blocks: Arc::new(blocks),
            cx: Context::new(task.message.receive_count, task.stop.clone()),
            runtime: Handle::current(),
            span: Span::current(),
            outcome: Mutex::new(Outcome::GivenUp),
        }
    }

    pub(super) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Whether the object's records are still wanted.
    pub(super) fn is_open(&self) -> bool {
        !self.state.stop.is_cancelled()
    }

    /// Hands a block's records to every processor. Its faults are failures of the records they
    /// stand for.
    pub(super) fn hand_on(&self, block: Block) {
        let (_runtime, _span) = (self.runtime.enter(), self.span.enter());
        let settings = self.worker.settings();
        report::block_decoded(settings, &self.state, &block);
        let records = block.len();
        if records == 0 {
            return self.blocks.give_back(block);
        }
        let batch = Batch::new(block, Arc::clone(&self.state), Arc::clone(&self.blocks));
        self.state.open(records as u64);
        settings.process(Arc::new(batch), &self.cx);
    }

    /// How the reading ended.
    pub(super) fn ends(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let outcome = *self.outcome.get_mut().unwrap_or_else(PoisonError::into_inner);
        if outcome == Outcome::GivenUp && !std::thread::panicking() {
            self.state.cut_short();
        }
        self.blocks.close();
        self.state.close(outcome == Outcome::ReadToEnd);
    }
}

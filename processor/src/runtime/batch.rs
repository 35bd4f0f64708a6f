use super::object::ObjectState;
use crate::{
    decode::Block,
    record::Record,
    stats::{Counters, ProcessorCounters},
};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// One decoded buffer and the records in it, shared by the processors that work on it. Cloned per batch, never per record.
pub(crate) struct Batch {
    /// Empty only while dropping.
    block: Option<Block>,
    pub(crate) object: Arc<ObjectState>,
    recycle: UnboundedSender<Block>,
}

impl Batch {
    pub(crate) fn new(block: Block, object: Arc<ObjectState>, recycle: UnboundedSender<Block>) -> Self {
        Self { block: Some(block), object, recycle }
    }

    pub(crate) fn len(&self) -> usize {
        self.block().len()
    }

    pub(crate) fn record(&self, i: usize) -> Record<'_> {
        let block = self.block();
        Record::new(block.record(i), &self.object.object, block.index(i), block.offset(i))
    }

    fn block(&self) -> &Block {
        self.block.as_ref().expect("taken only by drop")
    }
}

/// The buffer goes back to the object's reader, if it still reads.
impl Drop for Batch {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            let _ = self.recycle.send(block);
        }
    }
}

/// One processor's share of a batch: the verdicts it owes. Dropped, it gives up what it still owes, so that a dropped
/// task never leaves an object waiting, and never makes it succeed.
pub(crate) struct Share {
    pub(crate) batch: Arc<Batch>,
    counters: Arc<Counters>,
    /// The processor's place among the processors.
    place: usize,
    owed: u64,
    pub(crate) done: u64,
    pub(crate) failed: u64,
}

impl Share {
    pub(crate) fn new(batch: Arc<Batch>, place: usize, counters: Arc<Counters>) -> Self {
        let owed = batch.len() as u64;
        Self { batch, counters, place, owed, done: 0, failed: 0 }
    }

    pub(crate) fn counters(&self) -> &ProcessorCounters {
        &self.counters.processors[self.place].1
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let missing = self.owed - self.done - self.failed;
        self.counters().done.add(self.done);
        self.counters().cancelled.add(missing);
        let object = &self.batch.object;
        if missing > 0 {
            object.give_up();
        }
        object.settle(self.owed);
    }
}

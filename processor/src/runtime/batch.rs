use super::{blocks::Blocks, object::ObjectState};
use crate::{
    decode::Block,
    record::{ObjectRef, Record},
};
use std::{ops::Range, sync::Arc};

/// One decoded buffer and the records in it, shared by the processors that work on it. Cloned per
/// batch, never per record.
pub(crate) struct Batch {
    /// Empty only while dropping.
    block: Option<Block>,
    object: Arc<ObjectState>,
    blocks: Arc<Blocks>,
}

impl Batch {
    pub(crate) fn new(block: Block, object: Arc<ObjectState>, blocks: Arc<Blocks>) -> Self {
        Self { block: Some(block), object, blocks }
    }

    #[inline]
    fn record<'a>(&'a self, i: usize, object: &'a ObjectRef) -> Record<'a> {
        let block = self.block();
        Record::new(block.record(i), object, block.index(i), block.offset(i))
    }

    #[inline]
    fn block(&self) -> &Block {
        self.block.as_ref().expect("taken only by drop")
    }
}

/// The buffer goes back to the object's others.
impl Drop for Batch {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.blocks.give_back(block);
        }
    }
}

/// One processor's share of a batch, or of a part of it: the verdicts it owes. Dropped, it gives up
/// what it still owes, so that a dropped task never leaves an object waiting, and never makes it
/// succeed.
pub(crate) struct Share {
    batch: Arc<Batch>,
    range: Range<usize>,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// Of these, those that counters and snapshots know of.
    shown: (u64, u64),
    place: usize,
}

impl Share {
    /// The share of the processor at `place` in the whole batch.
    pub(crate) fn new(batch: Arc<Batch>, place: usize) -> Self {
        let range = 0..batch.block().len();
        Self { batch, range, done: 0, failed: 0, shown: (0, 0), place }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn record(&self, i: usize) -> Record<'_> {
        self.batch.record(self.range.start + i, &self.batch.object.object)
    }

    pub(crate) fn object(&self) -> &Arc<ObjectState> {
        &self.batch.object
    }

    /// Splits off what is beyond the first `count` records.
    pub(crate) fn split_off(&mut self, count: usize) -> Share {
        let at = self.range.start + count;
        let rest = at..self.range.end;
        self.range.end = at;
        Self {
            batch: Arc::clone(&self.batch),
            range: rest,
            done: 0,
            failed: 0,
            shown: (0, 0),
            place: self.place,
        }
    }

    /// How many records got no verdict.
    pub(crate) fn missing(&self) -> u64 {
        self.len() as u64 - self.done - self.failed
    }

    /// Lets counters and snapshots see the verdicts so far. For the object nothing is settled
    /// before all are.
    pub(crate) fn show(&mut self) {
        let (done, failed) = (self.done - self.shown.0, self.failed - self.shown.1);
        if done + failed > 0 {
            self.batch.object.show(self.place, done, done + failed);
            self.shown = (self.done, self.failed);
        }
    }

    /// The same records without their duty: lends them while verdicts are written to the share.
    pub(crate) fn clone_view(&self) -> Records {
        let object = self.batch.object.object.apart();
        Records { batch: Arc::clone(&self.batch), range: self.range.clone(), object }
    }

    /// Hands the duty over to somebody who settles record by record.
    pub(crate) fn into_records(mut self) -> Records {
        let records = self.clone_view();
        self.range = 0..0;
        records
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.range.is_empty() {
            return;
        }
        self.show();
        let object = &self.batch.object;
        let missing = self.missing();
        if missing > 0 {
            object.give_up(self.place, missing);
        }
        object.settle(self.len() as u64);
    }
}

/// Records of a batch, without any duty.
pub(crate) struct Records {
    batch: Arc<Batch>,
    range: Range<usize>,
    object: ObjectRef,
}

impl Records {
    /// The index of the first of them in their object.
    pub(crate) fn first_index(&self) -> u64 {
        self.batch.block().index(self.range.start)
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    #[inline]
    pub(crate) fn record(&self, i: usize) -> Record<'_> {
        self.batch.record(self.range.start + i, &self.object)
    }
}

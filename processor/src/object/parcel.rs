use super::{
    blocks::{Blocks, Buffer},
    state::ObjectState,
};
use crate::{
    decode::Block,
    record::{ObjectRef, Record},
};
use std::{future::Future, sync::Arc};

/// One decoded buffer and the records in it, as it goes to the processors that share it. What is
/// cloned is cloned once for each of them, never for a record.
pub(crate) struct Parcel {
    /// Empty only while dropping.
    block: Option<Buffer>,
    object: Arc<ObjectState>,
    blocks: Arc<Blocks>,
}

impl Parcel {
    pub(super) fn new(block: Buffer, object: Arc<ObjectState>, blocks: Arc<Blocks>) -> Self {
        Self { block: Some(block), object, blocks }
    }

    #[inline]
    pub(super) fn record<'a>(&'a self, i: usize, object: &'a ObjectRef) -> Record<'a> {
        let block = self.block();
        Record::new(block.record(i), object, block.index(i), block.offset(i))
    }

    pub(super) fn object(&self) -> &Arc<ObjectState> {
        &self.object
    }

    pub(super) fn wanted(&self) -> impl Future<Output = ()> + Send + 'static {
        self.blocks.wanted()
    }

    #[inline]
    pub(super) fn block(&self) -> &Block {
        self.block.as_ref().expect("taken only by drop")
    }
}

/// The buffer goes back to the object's others.
impl Drop for Parcel {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.blocks.give_back(block);
        }
    }
}

//! A processor of the library that takes blocks of records.

use s3_sqs_processor::{
    __private::{Dispatch, dispatch},
    Builder,
};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

/// As much as the reader of a large object hands on at once.
pub const BLOCK: usize = 1 << 20;

/// On a runtime of its own.
pub struct Lane {
    runtime: Runtime,
    dispatch: Option<Dispatch>,
    blocks: usize,
}

impl Lane {
    pub fn new(builder: Builder, runtime: &mut RuntimeBuilder, text: &[u8], blocks: usize) -> Self {
        Self {
            runtime: runtime.enable_all().build().unwrap(),
            dispatch: Some(dispatch(builder, text, BLOCK)),
            blocks,
        }
    }

    /// The records of one block.
    pub fn block(&self) -> impl Iterator<Item = &[u8]> {
        self.dispatch.iter().flat_map(Dispatch::records)
    }

    /// How many records a run has.
    pub fn records(&self) -> usize {
        self.block().count() * self.blocks
    }

    /// Hands all blocks on, and waits until they are done with.
    pub fn run(&mut self) {
        let mut dispatch = self.dispatch.take().unwrap();
        let blocks = self.blocks;
        let work = self.runtime.spawn(async move {
            dispatch.run(blocks).await;
            dispatch
        });
        self.dispatch = Some(self.runtime.block_on(work).unwrap());
    }
}

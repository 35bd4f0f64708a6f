//! Dispatching alone, for benchmarks: parcels go to the processors, again and again, without a
//! reader.

use super::{
    blocks::Blocks, budget::BLOCKS, lane::Lane, parcel::Parcel, processors::Processors,
    share::Share, state::ObjectState,
};
use crate::{
    config::Limits,
    decode::{__private::block_of_lines, Block, lines},
    process::Context,
    record::ObjectRef,
    route::{Routes, Treatment},
    runtime::{Env, Gate, Observer, Shared, Signals, Stop},
    stats::Counters,
};
use std::{fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Hands blocks of records to processors as an object's reader does.
pub struct Dispatch {
    processors: Processors,
    state: Arc<ObjectState>,
    cx: Context,
    blocks: Arc<Blocks>,
    lines: Block,
}

impl Dispatch {
    pub(crate) fn new(
        lanes: Vec<Arc<dyn Lane>>,
        routes: Arc<Routes>,
        counters: Arc<Counters>,
        text: &[u8],
        block_size: usize,
    ) -> Self {
        let env = Env::production();
        let gate = Arc::new(Gate::new(Arc::clone(&counters)));
        let (signals, observer) = (Signals::new(), Observer::default());
        let capacity = Arc::default();
        let shared = Shared { env, signals, counters, observer, gate, capacity, routes };
        let object = ObjectRef::new("bucket", "key", None, "etag", 1, None, None);
        let limits = Limits::default().failed_records(u64::MAX);
        let all = (0..lanes.len()).collect();
        let treatment = Arc::new(Treatment::new(None, Arc::new(lines()), false, limits, all));
        let message_id = "message".into();
        let state = ObjectState::new(
            &message_id,
            object,
            treatment,
            Stop::new(),
            shared.clone(),
            None,
            None,
        );
        let blocks = Blocks::of((0..BLOCKS).map(|_| block_of_lines(text, block_size)));
        let (state, blocks) = (Arc::new(state), Arc::new(blocks));
        let cx = Context::new(1, CancellationToken::new());
        Self {
            processors: Processors::new(lanes, shared),
            state,
            cx,
            blocks,
            lines: block_of_lines(text, block_size),
        }
    }

    /// The records of a block.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.lines.len()).map(|i| self.lines.record(i))
    }

    /// Hands on so many blocks, each as soon as one is free, and waits until the last has come
    /// back.
    pub async fn run(&mut self, blocks: usize) {
        for _ in 0..blocks {
            let block = self.blocks.wait().await;
            let records = block.len() as u64;
            let parcel = Parcel::new(block, Arc::clone(&self.state), Arc::clone(&self.blocks));
            let shares = Share::all(&Arc::new(parcel), |_| None);
            self.state.open(records, shares.iter().map(Share::len).sum());
            self.processors.process(shares, &self.cx);
        }
        let mut back = Vec::new();
        while back.len() < BLOCKS {
            back.push(self.blocks.wait().await);
        }
        back.into_iter().for_each(|block| self.blocks.give_back(block));
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").finish_non_exhaustive()
    }
}

//! Dispatching alone, for benchmarks: batches go to the processors, again and again, without a
//! reader.

use super::{
    Env, Gate, Lane, Observer, Registry, Shared, Signals, Worker, WorkerSettings,
    batch::Batch,
    blocks::{BLOCKS, Blocks},
    object::ObjectState,
};
use crate::{
    config::Limits,
    decode::{__private::block_of_lines, Block, lines},
    port::{GetObject, PortError, Store, StoredObject},
    process::Context,
    record::ObjectRef,
    stats::Counters,
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Hands blocks of records to processors as an object's reader does.
pub struct Dispatch {
    worker: Worker,
    state: Arc<ObjectState>,
    cx: Context,
    blocks: Arc<Blocks>,
    lines: Block,
}

impl Dispatch {
    pub(crate) fn new(
        lanes: Vec<Arc<dyn Lane>>,
        counters: Arc<Counters>,
        text: &[u8],
        block_size: usize,
    ) -> Self {
        let env = Env::production();
        let names = lanes.iter().map(|lane| lane.name().to_owned()).collect();
        let budget = Worker::budget(1 << 20);
        let reserved = Arc::clone(&budget).try_acquire_owned().expect("nobody else reserves");
        let gate = Arc::new(Gate::new(Arc::clone(&counters)));
        let (signals, observer) = (Signals::new(), Observer::default());
        let shared = Shared { env: env.clone(), signals, counters, observer, gate };
        let object = ObjectRef::new("bucket", "key", None, "etag", 1, None);
        let state = ObjectState::new(object, CancellationToken::new(), u64::MAX, shared.clone());
        let worker = Worker::new(WorkerSettings {
            store: Arc::new(Nothing),
            lanes,
            decoder: Arc::new(lines()),
            limits: Limits::default(),
            decoders: env.decoders(1).expect("a thread can be started"),
            shared,
            registry: Arc::new(Registry::new(names)),
            budget,
            pool: Arc::default(),
        });
        let blocks = Blocks::new(Arc::default(), block_size, reserved);
        while blocks.take().is_some() {}
        (0..BLOCKS).for_each(|_| blocks.give_back(block_of_lines(text, block_size)));
        let (state, blocks) = (Arc::new(state), Arc::new(blocks));
        let cx = Context::new(1, CancellationToken::new());
        Self { worker, state, cx, blocks, lines: block_of_lines(text, block_size) }
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
            let batch = Batch::new(block, Arc::clone(&self.state), Arc::clone(&self.blocks));
            self.state.open(records);
            self.worker.settings().process(Arc::new(batch), &self.cx);
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

/// Nothing is read.
#[derive(Debug)]
struct Nothing;

impl Store for Nothing {
    fn get<'a>(&'a self, _: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>> {
        Box::pin(std::future::pending())
    }
}

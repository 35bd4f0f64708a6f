//! Batches: one task gathers records over objects and messages, and begins a task for each batch
//! that is full or due.

mod batching;
mod failed;
mod gather;
mod halving;
mod piece;

use super::identity::Identity;
use crate::{
    config::{BatchOptions, Retry},
    object::{Lane, Share},
    process::{BatchProcessor, Context},
    runtime::Shared,
};
use batching::Batching;
use futures::future::BoxFuture;
use gather::gather;
use piece::Piece;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{
    Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// A [`BatchProcessor`] with its limits, and where records come in for it.
pub(crate) struct BatchLane<P> {
    batching: Arc<Batching<P>>,
    /// Bounded by the buffers that objects may hold.
    incoming: UnboundedSender<Piece>,
    gathering: Mutex<Option<UnboundedReceiver<Piece>>>,
}

impl<P: BatchProcessor> BatchLane<P> {
    pub(crate) fn new(
        name: String,
        index: usize,
        processor: P,
        options: BatchOptions,
        retry: &Retry,
    ) -> Self {
        let (incoming, gathering) = unbounded_channel();
        let batching = Batching {
            identity: Identity { name, index },
            processor,
            retry: options.retry.as_ref().unwrap_or(retry).clone(),
            permits: Arc::new(Semaphore::new(options.concurrency)),
            options,
        };
        Self { batching: Arc::new(batching), incoming, gathering: Mutex::new(Some(gathering)) }
    }
}

impl<P: BatchProcessor> Lane for BatchLane<P> {
    fn name(&self) -> &str {
        &self.batching.identity.name
    }

    fn places(&self) -> (Arc<Semaphore>, usize) {
        let Batching { options, permits, .. } = &*self.batching;
        (Arc::clone(permits), options.concurrency)
    }

    fn background(self: Arc<Self>, shared: Shared) -> Option<BoxFuture<'static, ()>> {
        let incoming = self.gathering.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Box::pin(gather(Arc::clone(&self.batching), incoming, shared)))
    }

    fn run(self: Arc<Self>, share: Share, cx: Context, _shared: Shared) -> BoxFuture<'static, ()> {
        // A share that cannot be sent is dropped, which gives it up.
        let _ = self.incoming.send(Piece::new(share, cx.receive_count()));
        Box::pin(std::future::ready(()))
    }
}

impl<P> fmt::Debug for BatchLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchLane")
            .field("name", &self.batching.identity.name)
            .finish_non_exhaustive()
    }
}

//! Batches: one task gathers records over objects and messages, and begins a task for each batch
//! that is full or due.

mod gather;
mod outcome;
mod work;

use super::{Identity, Lane, Shared};
use crate::{
    config::{BatchOptions, Retry},
    process::{BatchProcessor, Context},
    runtime::batch::Share,
};
use futures::future::BoxFuture;
use gather::{Piece, gather};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{
    Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// A [`BatchProcessor`] with its limits.
pub(crate) struct BatchLane<P> {
    identity: Identity,
    processor: P,
    options: BatchOptions,
    retry: Retry,
    /// One permit for each batch being worked on.
    permits: Arc<Semaphore>,
    /// Bounded by the buffers that objects may hold.
    incoming: UnboundedSender<Piece>,
    gathering: Mutex<Option<UnboundedReceiver<Piece>>>,
}

impl<P: BatchProcessor> BatchLane<P> {
    pub(crate) fn new(
        name: String,
        place: usize,
        processor: P,
        options: BatchOptions,
        retry: &Retry,
    ) -> Self {
        let (incoming, gathering) = unbounded_channel();
        Self {
            identity: Identity { name, place },
            processor,
            retry: options.retry.as_ref().unwrap_or(retry).clone(),
            permits: Arc::new(Semaphore::new(options.concurrency)),
            options,
            incoming,
            gathering: Mutex::new(Some(gathering)),
        }
    }
}

impl<P: BatchProcessor> Lane for BatchLane<P> {
    fn name(&self) -> &str {
        &self.identity.name
    }

    fn background(self: Arc<Self>, shared: Shared) -> Option<BoxFuture<'static, ()>> {
        let incoming = self.gathering.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Box::pin(gather(self, incoming, shared)))
    }

    fn run(self: Arc<Self>, share: Share, cx: Context, _shared: Shared) -> BoxFuture<'static, ()> {
        // A share that cannot be sent is dropped, which gives it up.
        let _ = self.incoming.send(Piece::new(share, cx.receive_count()));
        Box::pin(std::future::ready(()))
    }
}

impl<P> fmt::Debug for BatchLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchLane").field("name", &self.identity.name).finish_non_exhaustive()
    }
}

use crate::{
    config::{BatchOptions, Retry},
    lane::identity::Identity,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A batch processor with its limits.
pub(super) struct Batching<P> {
    pub(super) identity: Identity,
    pub(super) processor: P,
    pub(super) options: BatchOptions,
    pub(super) retry: Retry,
    /// One permit for each batch being worked on.
    pub(super) permits: Arc<Semaphore>,
}

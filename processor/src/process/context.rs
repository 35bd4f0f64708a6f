use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a processor is told about a delivery, beside the record. Made once per batch; cloning is
/// one reference count.
#[derive(Debug, Clone)]
pub struct Context {
    attempt: u32,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    receive_count: u32,
    cancellation: CancellationToken,
}

impl Context {
    /// The context of first tries.
    pub(crate) fn new(receive_count: u32, cancellation: CancellationToken) -> Self {
        Self { attempt: 1, shared: Arc::new(Shared { receive_count, cancellation }) }
    }

    /// The same context with a reference count of its own: clones of the two do not write to the
    /// same place, which threads would take from each other with every record.
    pub(crate) fn apart(&self) -> Self {
        let Shared { receive_count, cancellation } = &*self.shared;
        let shared = Shared { receive_count: *receive_count, cancellation: cancellation.clone() };
        Self { attempt: self.attempt, shared: Arc::new(shared) }
    }

    pub(crate) fn at_attempt(&self, attempt: u32) -> Self {
        Self { attempt, shared: Arc::clone(&self.shared) }
    }

    /// Which try in place this is, from 1. Without retries in place it is always 1, but for the
    /// halves of a batch that failed as a whole.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many times the message was received, this time included, as SQS counts it
    /// (approximately), from 1.
    pub fn receive_count(&self) -> u32 {
        self.shared.receive_count
    }

    /// Whether the work has become pointless: the lease was lost, the 12 hours SQS allows a receive
    /// are nearly over, or more than [`failed_records`](crate::Limits::failed_records) of the
    /// object failed. A drain is no such reason: what runs is finished.
    ///
    /// Long work should look at it, or wait for [`cancelled`](Self::cancelled), and give up with an
    /// error. It has 30 s for that; then its future is dropped. (It is dropped earlier when the
    /// pipeline is aborted or its time-out is over.)
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancellation.is_cancelled()
    }

    /// Completes when the work has become pointless. See [`is_cancelled`](Self::is_cancelled).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    pub async fn cancelled(&self) {
        self.shared.cancellation.cancelled().await;
    }
}

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Tells work on a message, or on one of its objects, that it has become pointless.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    token: CancellationToken,
    /// All ones; zero once something of the message was stopped. It is read without the token's
    /// lock, and so before each record: one that blocks its thread must not be followed by others.
    mask: Arc<AtomicUsize>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self { token: CancellationToken::new(), mask: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    /// Stops with this one, or by itself.
    pub(crate) fn child(&self) -> Self {
        Self { token: self.token.child_token(), mask: Arc::clone(&self.mask) }
    }

    pub(crate) fn cancel(&self) {
        self.token.cancel();
        self.mask.store(0, Relaxed);
    }

    /// For how many records may be begun without asking: all, or none.
    pub(crate) fn mask(&self) -> &AtomicUsize {
        &self.mask
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    pub(crate) fn cancelled(&self) -> impl Future<Output = ()> + '_ {
        self.token.cancelled()
    }

    pub(crate) fn cancelled_owned(&self) -> WaitForCancellationFutureOwned {
        self.token.clone().cancelled_owned()
    }

    pub(crate) async fn run_until_cancelled<F: Future>(&self, work: F) -> Option<F::Output> {
        self.token.run_until_cancelled(work).await
    }

    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

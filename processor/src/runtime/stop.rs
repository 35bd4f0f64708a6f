use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Tells work on a message, or on one of its objects, that it has become pointless.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    token: CancellationToken,
    /// Something of the message was stopped. It is read without a lock, unlike the token, and so
    /// before each record: one that blocks its thread must not be followed by others.
    hint: Arc<AtomicBool>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self { token: CancellationToken::new(), hint: Arc::default() }
    }

    /// Stops with this one, or by itself.
    pub(crate) fn child(&self) -> Self {
        Self { token: self.token.child_token(), hint: Arc::clone(&self.hint) }
    }

    pub(crate) fn cancel(&self) {
        self.token.cancel();
        self.hint.store(true, Relaxed);
    }

    /// Whether it is worth asking.
    #[inline]
    pub(crate) fn may_be_cancelled(&self) -> bool {
        self.hint.load(Relaxed)
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

use crate::tracking::ObjectEnd;
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

/// How the work on an object ended, for those who wait for it. They are woken in the order in which
/// they began to wait: Tokio's `watch` channel wakes them at random, and who works on the object
/// next would differ from run to run of one seed.
#[derive(Clone, Default)]
pub(super) struct Ending {
    end: Arc<OnceLock<ObjectEnd>>,
    over: CancellationToken,
}

impl Ending {
    /// Says how the work ended. Nobody is told before it is [over](Self::over).
    pub(super) fn set(&self, end: ObjectEnd) {
        let _ = self.end.set(end);
    }

    /// The work has ended, with or without a word.
    pub(super) fn over(&self) {
        self.over.cancel();
    }

    /// Waits until the work has ended. `None`: it was given up without a word.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub(super) async fn wait(&self) -> Option<&ObjectEnd> {
        self.over.cancelled().await;
        self.end.get()
    }
}

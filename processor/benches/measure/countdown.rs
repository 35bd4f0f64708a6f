//! Says when a number of records is done.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Notify;

/// Clones count down together.
#[derive(Clone)]
pub struct Countdown(Arc<(AtomicUsize, Notify)>);

impl Countdown {
    pub fn from(count: usize) -> Self {
        Self(Arc::new((AtomicUsize::new(count), Notify::new())))
    }

    pub fn one_less(&self) {
        if self.0.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.1.notify_one();
        }
    }

    pub async fn over(&self) {
        self.0.1.notified().await;
    }
}

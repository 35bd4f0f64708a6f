use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The end of a message's lease, as far as its source last knew.
#[derive(Debug)]
pub(crate) struct LeaseView(Mutex<Instant>);

impl LeaseView {
    pub(crate) fn new(until: Instant) -> Self {
        Self(Mutex::new(until))
    }

    pub(crate) fn set(&self, until: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    pub(crate) fn left(&self) -> Duration {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.saturating_duration_since(Instant::now())
    }
}

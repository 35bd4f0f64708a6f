//! All queues.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use super::queue::{Queue, QueueSnapshot};
use super::{SqsError, StaleDeletes};
use crate::embedded::{ids, lock};

/// All queues of the account.
#[derive(Debug, Default)]
pub(crate) struct Queues(pub(super) Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) by_name: BTreeMap<String, Queue>,
    pub(super) stale_deletes: StaleDeletes,
}

impl State {
    /// The queue of a URL: its last two segments are the account and the name.
    pub(super) fn of_url(&mut self, url: &str) -> Result<&mut Queue, SqsError> {
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let (name, account) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if url.is_empty() {
            return Err(SqsError::missing("QueueUrl"));
        }
        match self.by_name.get_mut(name) {
            Some(queue) if account == ids::ACCOUNT => Ok(queue),
            _ => Err(SqsError::no_queue()),
        }
    }
}

impl Queues {
    pub(crate) fn snapshot(&self, name: &str, now: Instant) -> Option<QueueSnapshot> {
        let mut state = lock(&self.0);
        state.by_name.get_mut(name).map(|queue| queue.snapshot(now))
    }

    pub(crate) fn set_stale_deletes(&self, stale: StaleDeletes) {
        lock(&self.0).stale_deletes = stale;
    }

    /// Makes every waiting receive look again.
    pub(crate) fn wake_all(&self) {
        for queue in lock(&self.0).by_name.values() {
            queue.wake();
        }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        lock(&self.0).by_name.contains_key(name)
    }
}

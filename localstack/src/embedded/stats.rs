//! Counts of the connections and requests that were served.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::embedded::lock;

/// How many requests each operation has had, those that failed or were made to fail included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestStats {
    /// Connections that were accepted, whatever was asked over them.
    pub connections: u64,
    /// Requests by operation, for example `GetObject` or `ReceiveMessage`.
    pub requests: BTreeMap<String, u64>,
}

impl RequestStats {
    /// Requests of one operation; zero if there were none.
    #[must_use]
    pub fn of(&self, operation: &str) -> u64 {
        self.requests.get(operation).copied().unwrap_or(0)
    }

    /// Requests of all operations together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests.values().sum()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<RequestStats>);

impl Counters {
    pub(crate) fn count_connection(&self) {
        lock(&self.0).connections += 1;
    }

    pub(crate) fn count(&self, operation: &str) {
        let mut stats = lock(&self.0);
        match stats.requests.get_mut(operation) {
            Some(count) => *count += 1,
            None => {
                stats.requests.insert(operation.to_owned(), 1);
            }
        }
    }

    pub(crate) fn snapshot(&self) -> RequestStats {
        lock(&self.0).clone()
    }
}

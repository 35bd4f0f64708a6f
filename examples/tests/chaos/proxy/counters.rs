use std::sync::atomic::{AtomicU64, Ordering};

/// What a proxy has done so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: Count,
    pub(crate) refused: Count,
    /// Cut off with RST.
    pub(crate) reset: Count,
    /// Cut off with FIN.
    pub(crate) finished: Count,
    pub(crate) stalled: Count,
    /// Connections on which pieces were late.
    pub(crate) delayed: Count,
    /// Connections on which pieces came slowly.
    pub(crate) throttled: Count,
    /// To the server.
    pub(crate) bytes_up: Count,
    /// To the clients.
    pub(crate) bytes_down: Count,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

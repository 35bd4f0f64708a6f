use std::time::Duration;

/// What the queue is set to.
#[derive(Debug, Clone)]
pub(crate) struct QueueSettings {
    pub(crate) visibility_timeout: Duration,
    /// Received so often and not deleted, a message goes to the dead-letter queue; `None` without
    /// one.
    pub(crate) max_receives: Option<u32>,
    /// A delete by a stale receipt is answered as done, and deletes nothing.
    pub(crate) ignores_stale_deletes: bool,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility_timeout: Duration::from_secs(30),
            max_receives: None,
            ignores_stale_deletes: false,
        }
    }
}

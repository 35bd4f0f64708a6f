use std::time::Duration;

/// What a pipeline was told to do, as far as it helps who looks at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Settings {
    /// The queue's URL.
    pub queue_url: String,
    /// The names of the processors, in order.
    pub processors: Vec<String>,
    /// The names of the routes, in order.
    pub routes: Vec<String>,
    /// [`Limits::messages`](crate::Limits::messages).
    pub messages: usize,
    /// [`Limits::buffered_bytes`](crate::Limits::buffered_bytes).
    pub buffered_bytes: usize,
    /// [`Builder::decoder_threads`](crate::Builder::decoder_threads).
    pub decoder_threads: usize,
    /// [`Builder::wait_time`](crate::Builder::wait_time).
    pub wait_time: Duration,
    /// [`Builder::drain_timeout`](crate::Builder::drain_timeout).
    pub drain_timeout: Duration,
    /// Whether [progress](crate::Builder::progress) is kept.
    pub progress: bool,
    /// Whether there is a [quarantine](crate::Builder::quarantine).
    pub quarantine: bool,
}

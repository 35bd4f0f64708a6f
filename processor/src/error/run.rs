use super::Cause;
use std::fmt;

/// Why a pipeline could not run, or could not go on.
///
/// Its text names the queue and says what to do. After the first successful request only a queue that no longer exists
/// ends a pipeline; outages pause it.
#[derive(Debug)]
pub struct RunError {
    kind: RunErrorKind,
    message: String,
    source: Option<Cause>,
}

/// What kind of trouble ended the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// The queue does not exist (or no longer does).
    QueueNotFound,
    /// The queue may not be used with these credentials.
    Denied,
    /// There are no credentials, or they are not valid.
    Credentials,
    /// The service could not be reached.
    Unreachable,
    /// The settings contradict what the queue is.
    Setting,
    /// The runtime's own threads could not be started, or died.
    Runtime,
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind, message: impl Into<String>, source: Option<Cause>) -> Self {
        Self { kind, message: message.into(), source }
    }

    /// What kind of trouble it was.
    pub fn kind(&self) -> RunErrorKind {
        self.kind
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

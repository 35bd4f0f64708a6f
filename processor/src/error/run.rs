use super::Cause;
use std::fmt;

/// Why a pipeline could not run, or could not go on.
///
/// Its text names the queue and says what to do. After the first successful request only a queue
/// that no longer exists ends a pipeline; outages pause it.
#[derive(Debug)]
pub struct RunError {
    kind: RunErrorKind,
    message: String,
    cause: Option<Cause>,
}

/// What kind of trouble ended the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// The queue does not exist (or no longer does).
    QueueNotFound,
    /// The queue may not be used with these credentials: its text names the actions to allow.
    Denied,
    /// There are no credentials, or they are not valid.
    Credentials,
    /// The service could not be reached, or asked to be left alone, five times in a row.
    Unreachable,
    /// The settings do not fit the queue, the queue refuses the request itself, or a spool's
    /// directory cannot be written to.
    Setting,
    /// The pipeline's own threads could not be started, or died.
    Runtime,
}

impl RunError {
    pub(crate) fn new(
        kind: RunErrorKind,
        message: impl Into<String>,
        cause: Option<Cause>,
    ) -> Self {
        Self { kind, message: message.into(), cause }
    }

    /// What kind of trouble it was.
    pub fn kind(&self) -> RunErrorKind {
        self.kind
    }

    /// The error behind it, if there is one. Its text is part of this error's own, so it is no
    /// [`source`](std::error::Error::source): whoever prints the chain would print it twice.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RunError {}

//! Why a local AWS did not come up.

use std::fmt;
use std::sync::Arc;

/// Why a backend could not be started. The text says what to do about it.
#[derive(Debug, Clone)]
pub struct BackendError {
    kind: BackendErrorKind,
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What a [`BackendError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// Neither Docker nor a Python that fits was found.
    Missing,
    /// The Python environment could not be made.
    Install,
    /// The server did not come up.
    Start,
    /// A file, folder or process of this machine was refused.
    Io,
}

impl BackendError {
    /// What the error is about.
    pub fn kind(&self) -> BackendErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: BackendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// An I/O error while doing `what`.
    pub(crate) fn io(what: impl fmt::Display, error: std::io::Error) -> Self {
        Self { kind: BackendErrorKind::Io, message: format!("{what}: {error}"), source: Some(Arc::new(error)) }
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BackendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

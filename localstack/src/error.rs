//! Why a local AWS did not come up.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Why a backend could not be started. The text says what to do about it.
#[derive(Debug, Clone)]
pub struct BackendError {
    kind: BackendErrorKind,
    message: String,
    cause: Option<Arc<std::io::Error>>,
}

/// What a [`BackendError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    /// The error behind it, if there is one. Its text is part of this error's own, so it is no
    /// [`source`](std::error::Error::source): whoever prints the chain would print it twice.
    pub fn cause(&self) -> Option<&std::io::Error> {
        self.cause.as_deref()
    }

    pub(crate) fn new(kind: BackendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    /// An I/O error while doing `what`.
    pub(crate) fn io(what: impl fmt::Display, error: std::io::Error) -> Self {
        Self {
            kind: BackendErrorKind::Io,
            message: format!("{what}: {error}"),
            cause: Some(Arc::new(error)),
        }
    }

    /// A place in the folder that Cargo's settings choose, so these are the way out.
    pub(crate) fn unwritable(place: &Path, error: std::io::Error) -> Self {
        let advice = if error.kind() == std::io::ErrorKind::StorageFull {
            "the disk is full: make room"
        } else {
            "make it writable"
        };
        let what = format!(
            "cannot write to {}: {advice}, or name another target folder (CARGO_TARGET_DIR)",
            place.display()
        );
        Self::io(what, error)
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BackendError {}

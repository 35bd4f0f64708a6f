//! What the runtime needs of a queue and of a store; implemented on AWS, and in memory for tests.

mod disk;
mod progress;
mod quarantine;
mod queue;
mod store;

pub(crate) use disk::{Disk, DiskFile, TemporaryFiles};
pub(crate) use progress::Progresses;
pub use progress::{MemoryProgress, ProgressError, ProgressStore, ProgressTag};
pub(crate) use quarantine::Quarantines;
pub use quarantine::{MemoryQuarantine, QuarantineStore};
pub(crate) use queue::{Queue, QueueAttributes, Receive, Received};
pub(crate) use store::{Body, Checksum, GetObject, Store, StoredObject, WasRead};

use crate::{error::Cause, record::Shown, tracking::Answer};
use std::fmt;

/// Why a request failed.
#[derive(Debug)]
pub(crate) struct PortError {
    pub(crate) kind: PortErrorKind,
    /// What happened. Services repeat names of objects in it; it is shown on one line.
    pub(crate) message: String,
    pub(crate) source: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortErrorKind {
    /// Trying again later may help: the network, a time-out, a fault of the service.
    Transient,
    /// The service asks for less.
    Throttled,
    /// There is no such object or queue.
    Gone,
    /// Not allowed.
    Denied,
    /// No usable credentials.
    Credentials,
    /// The request will not succeed as it is.
    Fatal,
    /// The object is no longer what it was (`If-Match`).
    Changed,
}

impl PortError {
    pub(crate) fn new(kind: PortErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Whether it is about a key or a version, and not about a bucket that does not exist.
    pub(crate) fn is_of_key(&self) -> bool {
        !self.message.contains("NoSuchBucket")
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.message).fmt(f)
    }
}

impl std::error::Error for PortError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

/// The answers to a batch request, in the order of its entries.
pub(crate) type Answers = Vec<Answer>;

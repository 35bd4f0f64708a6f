use super::OutageClass;
use std::{fmt, time::Duration};

/// An outage that lasts, as [`Handle::outages`](crate::Handle::outages) shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Outage {
    /// What is out.
    pub of: OutageOf,
    /// How requests fail.
    pub class: OutageClass,
    /// Since its declaration.
    pub age: Duration,
    /// An object that could not be read, as `s3://bucket/key`, or the queue's URL.
    pub example: String,
    /// What was answered about it last.
    pub error: String,
    /// Requests since its declaration that failed too.
    pub probes: u64,
    /// Objects that wait for its end. Their messages keep their leases.
    pub held: u64,
}

/// What an outage is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum OutageOf {
    /// Objects cannot be read: nothing is received, what is held waits.
    Store,
    /// Messages cannot be received: what is held goes on.
    Queue,
}

impl fmt::Display for OutageOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store => "objects cannot be read",
            Self::Queue => "messages cannot be received",
        })
    }
}

/// What is to be told to people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Declared { outage: Outage, is_announced: bool },
    Over { outage: Outage, is_announced: bool },
}

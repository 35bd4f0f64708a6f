//! What a queue and a store take and give.

use std::fmt;

/// A queue of a [`Subject`](super::Subject).
#[derive(Clone)]
pub(in crate::conformance) struct Queue {
    /// A URL, or an index.
    pub(super) name: String,
    pub(super) dead_letters: Option<String>,
}

/// A received message.
#[derive(Debug, Clone)]
pub(in crate::conformance) struct Got {
    pub(in crate::conformance) receipt: String,
    pub(in crate::conformance) count: u32,
}

/// What became of one entry of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::conformance) enum Settled {
    Done,
    /// The receipt handle is not the newest, or the message not in flight.
    Lost,
    Refused,
}

/// Why an object was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::conformance) enum Miss {
    Gone,
    Changed,
    Refused,
}

/// What to read of a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::conformance) struct Read<'a> {
    pub(in crate::conformance) version: Option<&'a str>,
    pub(in crate::conformance) from: u64,
    pub(in crate::conformance) if_match: Option<&'a str>,
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Settled::Done => "done",
            Settled::Lost => "lost",
            Settled::Refused => "refused",
        })
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Miss::Gone => "gone",
            Miss::Changed => "changed",
            Miss::Refused => "refused",
        })
    }
}

use super::OutageClass;
use crate::tracking::{MessageKey, Moment};

/// Names somebody who waits; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WaiterKey(pub(super) u64);

/// What somebody wants to read.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) bucket: String,
    /// The object's name in full.
    pub(crate) object: String,
    pub(crate) message: MessageKey,
    /// The message was received for the first time.
    pub(crate) is_first_delivery: bool,
}

/// A request that failed in a way that may be an outage.
pub(crate) struct Failure<'a> {
    pub(crate) class: OutageClass,
    pub(crate) error: &'a dyn std::fmt::Display,
    /// When to ask again, while there is no outage. `None`: not at all.
    pub(crate) retry_at: Option<Moment>,
    /// It was held by an outage that a request for another object ended: if it is refused again,
    /// that is its own affair.
    pub(crate) is_suspect: bool,
}

/// Somebody who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) wanted: Wanted,
    /// How its last request failed; none was sent by one that came while an outage lasted.
    pub(super) failure: Option<OutageClass>,
    pub(super) since: Moment,
    pub(super) retry_at: Option<Moment>,
    pub(super) give_up_at: Moment,
    /// When it last was the probe, counted in probes.
    pub(super) probed: u64,
    pub(super) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// As its own times and the outage say.
    Open,
    /// The outage is over.
    Freed,
    /// It makes room for another message.
    Displaced,
}

use std::{collections::BTreeMap, time::Duration};

/// An object that is being worked on, as [`Handle::in_flight`](crate::Handle::in_flight) shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct InFlight {
    /// The message it belongs to.
    pub message_id: String,
    /// How many times that was received, this time included.
    pub receive_count: u32,
    /// The object's bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's version, where it was announced with one.
    pub version_id: Option<String>,
    /// The route it takes, where there are routes.
    pub route: Option<String>,
    /// Whether it was opened; before, it waits for room, for the same object announced by another
    /// message, or for the end of an outage.
    pub opened: bool,
    /// Records found so far.
    pub records: u64,
    /// Of these, how many each processor of its route has settled.
    pub settled: BTreeMap<String, u64>,
    /// The processors that have not settled all records found so far.
    pub waiting_for: Vec<String>,
    /// Since when the work on it goes on.
    pub age: Duration,
    /// How long the message's lease surely lasts without a further extension.
    pub lease_left: Duration,
}

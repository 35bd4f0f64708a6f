//! What a body holds besides objects to fetch.

/// Parts of a body that were understood and need nothing done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The body is the test event that S3 sends when a notification is configured, or CloudTrail's.
    pub(crate) test_event: bool,
    /// How many events of the body are of other kinds than the creation of an object.
    pub(crate) other_events: usize,
    /// How many fields that are only hints were of another type than expected, and taken as absent.
    pub(crate) odd_hints: usize,
}

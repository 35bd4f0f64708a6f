//! Deletes by receipt handles that are replaced.

/// What a delete by a receipt handle does after a later receive has replaced it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StaleDeletes {
    /// It answers success and deletes nothing, as AWS documents it for standard queues. The
    /// default.
    #[default]
    AcceptedWithoutEffect,
    /// It fails with `InvalidParameterValue`: the receipt handle has expired.
    Rejected,
}

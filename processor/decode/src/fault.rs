//! A record that is lost.

use std::fmt;

/// A record that could not be delivered although decoding went on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The index that the record takes in its object.
    pub index: u64,
    /// Offset of its first byte in the decoded stream.
    pub offset: u64,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// Why a record could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// It is larger than the limit on records.
    RecordTooLarge,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RecordTooLarge => "the record is larger than the limit on records",
        })
    }
}

use serde::{Deserialize, Serialize};

/// What an object was up to some point: its first bytes, as they are stored, and where the first
/// records found in them stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    pub(super) bytes: Hashed,
    /// Of each record its offset and its length, 64-bit little-endian.
    pub(super) records: Hashed,
}

/// So many bytes, and XXH3-128 of them in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hashed {
    pub(super) length: u64,
    pub(super) xxh3: String,
}

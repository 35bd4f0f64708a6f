use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What a set of settled records belongs to: an object as one message announced it, read by one
/// decoder. It lives as long as its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Account and name: one queue has several URLs.
    pub(crate) queue: String,
    pub(crate) message_id: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    /// Of the bytes that were read. Never empty: without one nothing says that two are the same.
    pub(crate) etag: String,
    /// The decoder's identity: what it cuts records by.
    pub(crate) decoder: String,
}

impl Identity {
    /// The name under which its set is stored: 32 hexadecimal digits of a hash of all of it.
    pub(crate) fn name(&self) -> String {
        let Self { queue, message_id, bucket, key, version_id, etag, decoder } = self;
        let mut hash = Sha256::new_with_prefix(b"s3-sqs-progress-v1");
        let parts = [Some(queue), Some(message_id), Some(bucket), Some(key), version_id.as_ref()];
        for part in parts.into_iter().chain([Some(etag), Some(decoder)]) {
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
            hash.update(part.map(String::as_str).unwrap_or_default());
        }
        hash.finalize()[..16].iter().fold(String::new(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        })
    }
}

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A record's identity over deliveries, processes and releases: the key to be idempotent by.
///
/// The same bytes of the same object have the same ids however often, by whomever and in whatever
/// pieces they are read. It follows that the same bytes written again to the same key (and the same
/// version, where there are versions) have the same ids too.
///
/// # Recipe
///
/// The first 16 bytes of SHA-256 over, one after the other:
///
/// 1. the 16 ASCII bytes `s3-sqs-record-v1`;
/// 2. bucket, key (decoded, UTF-8), version id and ETag (without quotes) of the bytes that were
///    read, each as its length in bytes (64-bit little-endian) and its bytes; where there is no
///    version id (or it is `null`), only the length `2^64 - 1`;
/// 3. the offset of the record's first byte in the decompressed object, 64-bit little-endian.
///
/// It is shown as 32 lower-case hexadecimal digits. The recipe is fixed by test vectors and will
/// not change.
///
/// ```
/// use s3_sqs_processor::RecordId;
///
/// let etag = "9b2cf535f27731c974343645a3985328";
/// let id = RecordId::of("bucket", "2026/11/20/file-1", None, etag, 0);
/// assert_eq!(id.to_string(), "3fd2723431b9f2a5cf2fb8185930886a");
/// assert_eq!(id.to_string().parse::<RecordId>().ok(), Some(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Computes the id of the record at `offset` of an object. See the [recipe](RecordId#recipe).
    pub fn of(bucket: &str, key: &str, version_id: Option<&str>, etag: &str, offset: u64) -> Self {
        let version_id = version_id.filter(|version| !version.is_empty() && *version != "null");
        Self::finish(Self::prefix(bucket, key, version_id, etag.trim_matches('"')), offset)
    }

    /// The id's 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(super) fn prefix(bucket: &str, key: &str, version_id: Option<&str>, etag: &str) -> Sha256 {
        let mut hash = Sha256::new_with_prefix(b"s3-sqs-record-v1");
        for part in [Some(bucket), Some(key), version_id, Some(etag)] {
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            hash.update(length.to_le_bytes());
            hash.update(part.unwrap_or_default());
        }
        hash
    }

    pub(super) fn finish(mut prefix: Sha256, offset: u64) -> Self {
        prefix.update(offset.to_le_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&prefix.finalize()[..16]);
        Self(id)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

/// The text is not 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseRecordIdError(());

impl fmt::Display for ParseRecordIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record id is 32 hexadecimal digits")
    }
}

impl std::error::Error for ParseRecordIdError {}

impl FromStr for RecordId {
    type Err = ParseRecordIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        value.map(|value| Self(value.to_be_bytes())).ok_or(ParseRecordIdError(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with another implementation (Python's hashlib). A change here breaks every
    /// application that stored ids.
    #[test]
    fn the_recipe_is_fixed_by_test_vectors() {
        let etag = "9b2cf535f27731c974343645a3985328";
        let vectors = [
            (
                RecordId::of("bucket", "2026/11/20/file-1", None, etag, 0),
                "3fd2723431b9f2a5cf2fb8185930886a",
            ),
            (
                RecordId::of("bucket", "2026/11/20/file-1", None, etag, 425),
                "6799ab1d1ca9914e68bf399aedd8b3f3",
            ),
            (
                RecordId::of("bucket", "clé/日本", Some("3HL4kqtJlcpXroDTDmJ"), "d41d8-2", 1 << 40),
                "f6f6e9612c7caf08cb4e63a8923ceaf9",
            ),
        ];
        for (id, expected) in vectors {
            assert_eq!(id.to_string(), expected);
        }
    }

    #[test]
    fn no_version_and_the_null_version_are_the_same() {
        let plain = RecordId::of("b", "k", None, "e", 0);
        assert_eq!(plain, RecordId::of("b", "k", Some("null"), "\"e\"", 0));
        assert_ne!(plain, RecordId::of("b", "k", Some("v"), "e", 0));
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(RecordId::of("ab", "c", None, "e", 0), RecordId::of("a", "bc", None, "e", 0));
    }

    #[test]
    fn only_32_hexadecimal_digits_parse() {
        for text in
            ["", "00", "+0000000000000000000000000000000", "g0000000000000000000000000000000"]
        {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }
}

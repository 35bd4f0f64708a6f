use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};

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
/// not change. It holds for the decoders `json`, `lines` and `whole`.
///
/// # Recipe, version 2
///
/// For every other decoder, and for these three where
/// [`record_ids_v2`](crate::Builder::record_ids_v2) asks for it: an object that is read by another
/// decoder gives no other record an id that was given before. It differs in this:
///
/// 1. `s3-sqs-record-v2`;
/// 2. after the ETag comes, in the same way, the [identity](crate::Decoder::identity) of the
///    decoder;
/// 3. for rows that a decoder wrote anew, the offset counts the bytes of the rows before it.
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
        let prefix = Self::prefix(bucket, key, version_id, etag.trim_matches('"'), None);
        Self::finish(prefix, offset)
    }

    /// Computes the id by the second recipe, which knows the identity of the decoder. See the
    /// [recipe](RecordId#recipe-version-2).
    ///
    /// ```
    /// use s3_sqs_processor::RecordId;
    ///
    /// let id = RecordId::v2("bucket", "key", None, "etag", "json:Records", 0);
    /// assert_ne!(id, RecordId::v2("bucket", "key", None, "etag", "json", 0));
    /// ```
    pub fn v2(
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
        etag: &str,
        decoder: &str,
        offset: u64,
    ) -> Self {
        let version_id = version_id.filter(|version| !version.is_empty() && *version != "null");
        let prefix = Self::prefix(bucket, key, version_id, etag.trim_matches('"'), Some(decoder));
        Self::finish(prefix, offset)
    }

    /// The id's 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// `decoder`: its identity, for the second recipe.
    pub(super) fn prefix(
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
        etag: &str,
        decoder: Option<&str>,
    ) -> Sha256 {
        let version = if decoder.is_none() { b"s3-sqs-record-v1" } else { b"s3-sqs-record-v2" };
        let mut hash = Sha256::new_with_prefix(version);
        let parts = [Some(bucket), Some(key), version_id, Some(etag)];
        for part in parts.into_iter().chain(decoder.map(Some)) {
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            hash.update(length.to_le_bytes());
            hash.update(part.unwrap_or_default());
        }
        hash
    }

    /// What ids contain of a decoder: nothing of those to which the first recipe was promised,
    /// unless the second is asked for.
    pub(crate) fn decoder(identity: &str, v2: bool) -> Option<Arc<str>> {
        (v2 || !["json", "lines", "whole"].contains(&identity)).then(|| identity.into())
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
        let (etag, version) = ("9b2cf535f27731c974343645a3985328", Some("3HL4kqtJlcpXroDTDmJ"));
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
                RecordId::of("bucket", "clé/日本", version, "d41d8-2", 1 << 40),
                "f6f6e9612c7caf08cb4e63a8923ceaf9",
            ),
        ];
        for (id, expected) in vectors {
            assert_eq!(id.to_string(), expected);
        }
    }

    /// As above.
    #[test]
    fn the_second_recipe_is_fixed_by_test_vectors() {
        let etag = "9b2cf535f27731c974343645a3985328";
        let id = |decoder, offset| {
            RecordId::v2("bucket", "2026/11/20/file-1", None, etag, decoder, offset).to_string()
        };
        assert_eq!(id("json:Records", 0), "47f5ed682f8ad97fc845ad9a5a2c1021");
        assert_eq!(id("lines", 425), "6db6660e7d6bf8c9733a5378814b43c7");
    }

    #[test]
    fn trap_69_another_decoder_gives_other_ids() {
        let ids = ["json:Records", "json:Other", "csv", ""]
            .map(|decoder| RecordId::v2("b", "k", None, "e", decoder, 0));
        let first = RecordId::of("b", "k", None, "e", 0);
        let all: std::collections::BTreeSet<_> = ids.into_iter().chain([first]).collect();
        assert_eq!(all.len(), 5);
        for known in ["json", "lines", "whole"] {
            assert_eq!(RecordId::decoder(known, false), None);
            assert_eq!(RecordId::decoder(known, true).as_deref(), Some(known));
        }
        assert_eq!(RecordId::decoder("csv", false).as_deref(), Some("csv"));
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

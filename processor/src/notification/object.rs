use super::error::NotificationError;
use super::json::Any;
use super::selection::Selection;
use super::skipped::Skipped;
use crate::config::may_name_a_bucket;
use std::sync::Arc;

/// One object that a notification asks to fetch.
///
/// Only bucket and key are certain. All else is a hint of what the object was when it was
/// announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotifiedObject {
    /// The bucket's name; never empty.
    pub(crate) bucket: String,
    /// The key as S3 knows it, decoded; never empty.
    pub(crate) key: String,
    /// The version, where the bucket has versions; the literal `null` version counts as none.
    pub(crate) version_id: Option<String>,
    /// The ETag without quotes.
    pub(crate) etag: Option<String>,
    /// The size in bytes.
    pub(crate) size: Option<u64>,
    /// A hexadecimal number that orders the events of one key; see *Event message structure* in the
    /// S3 User Guide.
    pub(crate) sequencer: Option<String>,
    /// When S3 says the event happened, for example `1970-01-01T00:00:00.000Z`; as it was given.
    pub(crate) event_time: Option<String>,
    /// S3: for example `ObjectCreated:Put`. EventBridge: `Object Created`.
    pub(crate) event_name: String,
    /// The region of the bucket.
    pub(crate) region: Option<String>,
    /// Only these of its records are wanted, once more.
    pub(crate) replay: Option<Arc<Selection>>,
}

impl NotifiedObject {
    /// An object of which no more is known.
    pub(super) fn new(bucket: String, key: String, event_name: &str) -> Self {
        Self {
            bucket,
            key,
            version_id: None,
            etag: None,
            size: None,
            sequencer: None,
            event_time: None,
            event_name: event_name.to_owned(),
            region: None,
            replay: None,
        }
    }
}

/// More than fit into the largest message (1 MiB) as S3 writes them, about 700 bytes each. Whoever
/// writes shorter ones could have ten thousand objects read for one message.
pub(super) const MOST_OBJECTS: usize = 2_000;

/// What was found in a body, or in a part of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) objects: Vec<NotifiedObject>,
    pub(super) skipped: Skipped,
}

impl Found {
    pub(super) fn one(object: NotifiedObject, hints: Hints) -> Self {
        let skipped = Skipped { odd_hints: hints.odd, ..Skipped::default() };
        Self { objects: vec![object], skipped }
    }

    /// An event of another kind.
    pub(super) fn other() -> Self {
        Self { skipped: Skipped { other_events: 1, ..Skipped::default() }, ..Self::default() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.skipped.other_events += other.skipped.other_events;
        self.skipped.odd_hints += other.skipped.odd_hints;
    }
}

/// Reads fields that are only hints: one of another type than expected counts as absent.
#[derive(Debug, Default)]
pub(super) struct Hints {
    odd: usize,
}

impl Hints {
    pub(super) fn text(&mut self, raw: Option<Any>) -> Option<String> {
        filled(self.take(raw, Any::text))
    }

    pub(super) fn number(&mut self, raw: Option<Any>) -> Option<u64> {
        self.take(raw, Any::number)
    }

    fn take<T>(&mut self, raw: Option<Any>, read: impl FnOnce(Any) -> Option<T>) -> Option<T> {
        let raw = raw?;
        let read = read(raw);
        self.odd += usize::from(read.is_none());
        read
    }
}

/// What keys may have (Amazon S3 User Guide, "Naming Amazon S3 objects").
const MAX_KEY_BYTES: usize = 1024;

/// A bucket that can be asked for; `missing` names the field.
///
/// The SDK takes more than names for a bucket, such as the ARN of an access point: by that a forged
/// notification could have requests signed for hosts that belong to others.
pub(super) fn bucket(raw: Option<String>, missing: &str) -> Result<String, NotificationError> {
    let name = filled(raw).ok_or_else(|| NotificationError::missing(missing))?;
    if may_name_a_bucket(&name) { Ok(name) } else { Err(NotificationError::no_bucket(&name)) }
}

/// A key, decoded, that an object can have.
pub(super) fn key(decoded: String) -> Result<String, NotificationError> {
    if decoded.len() <= MAX_KEY_BYTES {
        return Ok(decoded);
    }
    Err(NotificationError::key(&decoded, "is longer than the 1,024 bytes that a key may have"))
}

/// A version id that can be asked for.
pub(super) fn version_id(raw: Option<String>) -> Option<String> {
    raw.filter(|id| !id.is_empty() && id != "null")
}

/// An ETag without the quotes that belong to HTTP.
pub(super) fn etag(raw: Option<String>) -> Option<String> {
    let raw = raw?;
    let bare = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&raw);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// A string that says something.
pub(super) fn filled(raw: Option<String>) -> Option<String> {
    raw.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> Option<String> {
        Some(raw.to_owned())
    }

    #[test]
    fn etags_lose_their_quotes_and_nothing_else() {
        assert_eq!(etag(text("\"abc-2\"")), text("abc-2"));
        assert_eq!(etag(text("abc")), text("abc"));
        assert_eq!(etag(text("\"abc")), text("\"abc"));
        assert_eq!(etag(text("\"")), text("\""));
        assert_eq!(etag(text("\"\"")), None);
        assert_eq!(etag(text("")), None);
        assert_eq!(etag(None), None);
    }

    #[test]
    fn the_null_version_is_none() {
        assert_eq!(version_id(text("null")), None);
        assert_eq!(version_id(text("")), None);
        assert_eq!(version_id(None), None);
        assert_eq!(version_id(text("v1")), text("v1"));
    }
}

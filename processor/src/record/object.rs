use super::{Details, Message, RecordId, Shown};
use sha2::Sha256;
use std::{fmt, sync::Arc, time::SystemTime};

/// The S3 object a record was read from: one entry of a notification, as it was found in the store.
///
/// Cloning is one reference count.
#[derive(Clone)]
#[expect(
    clippy::redundant_allocation,
    reason = "the outer count is a batch's own, the inner one the object's"
)]
pub struct ObjectRef(Arc<Arc<Inner>>);

struct Inner {
    bucket: String,
    key: String,
    version_id: Option<String>,
    etag: String,
    size: u64,
    event_time: Option<String>,
    details: Details,
    /// The record id's hash over everything but the offset.
    id_prefix: Sha256,
}

impl ObjectRef {
    /// `decoder`: what [ids contain of it](RecordId::decoder).
    pub(crate) fn new(
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
        etag: &str,
        size: u64,
        event_time: Option<&str>,
        decoder: Option<&str>,
    ) -> Self {
        let version_id = version_id.filter(|version| !version.is_empty() && *version != "null");
        let etag = etag.trim_matches('"');
        Self(Arc::new(Arc::new(Inner {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
            etag: etag.to_owned(),
            size,
            event_time: event_time.map(str::to_owned),
            details: Details::default(),
            id_prefix: RecordId::prefix(bucket, key, version_id, etag, decoder),
        })))
    }

    /// One that was just made, with what else is known of it.
    pub(crate) fn with(mut self, details: Details) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0).and_then(Arc::get_mut) {
            inner.details = details;
        }
        self
    }

    /// The same object with a reference count of its own: clones of the two do not write to the
    /// same place, which threads would take from each other with every record.
    pub(crate) fn apart(&self) -> Self {
        Self(Arc::new(Arc::clone(&self.0)))
    }

    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.0.bucket
    }

    /// The object's key, decoded: as it is given to `GetObject`.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// The object's version; `None` where the bucket has no versions (or the version is the `null`
    /// version).
    pub fn version_id(&self) -> Option<&str> {
        self.0.version_id.as_deref()
    }

    /// The ETag of the bytes that were read, without quotes. Empty where the store gave none.
    pub fn etag(&self) -> &str {
        &self.0.etag
    }

    /// The object's size in S3 in bytes (compressed, where it is compressed).
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// When S3 says the event happened: an RFC 3339 text, as the notification gave it.
    pub fn event_time(&self) -> Option<&str> {
        self.0.event_time.as_deref()
    }

    /// What S3 calls the event: `ObjectCreated:Put`; from EventBridge `Object Created`. Empty where
    /// nothing was told.
    pub fn event_name(&self) -> &str {
        &self.0.details.event_name
    }

    /// What orders the events of one key: a hexadecimal number, to be compared as such after the
    /// shorter one is padded with zeros on the left (Amazon S3 User Guide, "Event message
    /// structure").
    pub fn sequencer(&self) -> Option<&str> {
        self.0.details.sequencer.as_deref()
    }

    /// The region of the bucket, where the notification told it.
    pub fn region(&self) -> Option<&str> {
        self.0.details.region.as_deref()
    }

    /// The message that announced it. `None` only for one that was made for a test.
    pub fn message(&self) -> Option<&Message> {
        self.0.details.message.as_ref()
    }

    /// The content type that S3 holds of it.
    pub fn content_type(&self) -> Option<&str> {
        self.0.details.description.content_type.as_deref()
    }

    /// When it was written, as S3 says.
    pub fn last_modified(&self) -> Option<SystemTime> {
        self.0.details.description.last_modified
    }

    /// The user metadata of this name (without `x-amz-meta-`, in lower case) that S3 holds of it.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.0.details.description.metadata.get(name).map(String::as_str)
    }

    /// What tells this object from others of the batches that are at work.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&*self.0).addr()
    }

    pub(crate) fn record_id(&self, offset: u64) -> RecordId {
        RecordId::finish(self.0.id_prefix.clone(), offset)
    }
}

impl fmt::Debug for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectRef")
            .field("bucket", &self.0.bucket)
            .field("key", &self.0.key)
            .field("version_id", &self.0.version_id)
            .field("etag", &self.0.etag)
            .field("size", &self.0.size)
            .finish_non_exhaustive()
    }
}

/// `s3://bucket/key`, with `?versionId=` where there is one. On one line: control characters are
/// shown as `\u{..}`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", Shown(self.bucket()), Shown(self.key()))?;
        match self.version_id() {
            Some(version) => write!(f, "?versionId={}", Shown(version)),
            None => Ok(()),
        }
    }
}

use super::{RecordId, Shown};
use sha2::Sha256;
use std::{fmt, sync::Arc};

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
            id_prefix: RecordId::prefix(bucket, key, version_id, etag, decoder),
        })))
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

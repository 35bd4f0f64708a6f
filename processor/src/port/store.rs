use super::PortError;
use bytes::Bytes;
use futures::future::BoxFuture;

/// An S3 bucket, or what behaves like one.
pub(crate) trait Store: Send + Sync + 'static {
    /// Opens an object. Its body is streamed.
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>>;
}

/// Which object to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GetObject<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version_id: Option<&'a str>,
    /// The first byte wanted; 0 for all.
    pub(crate) from: u64,
    /// Refuse ([`Changed`](super::PortErrorKind::Changed)) an object with another ETag.
    pub(crate) if_match: Option<&'a str>,
}

/// An object as the store gave it.
pub(crate) struct StoredObject {
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) version_id: Option<String>,
    /// The size in bytes of the object as a whole, where the store told it.
    pub(crate) size: Option<u64>,
    pub(crate) body: Box<dyn Body>,
}

/// An object's bytes, as they arrive.
pub(crate) trait Body: Send + 'static {
    /// The next bytes; `None` at the end, after length and checksum were found right.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>>;
}

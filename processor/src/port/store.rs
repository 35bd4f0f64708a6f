use super::PortError;
use crate::record::Description;
use bytes::Bytes;
use futures::future::BoxFuture;

/// An S3 bucket, or what behaves like one.
pub(crate) trait Store: Send + Sync + 'static {
    /// Opens an object. Its body is streamed.
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>>;

    /// Deletes what was read, and nothing else. [`Changed`](super::PortErrorKind::Changed): there
    /// is another object by now.
    fn delete<'a>(&'a self, object: WasRead<'a>) -> BoxFuture<'a, Result<(), PortError>>;

    /// Adds a tag to the version that was read.
    fn tag<'a>(
        &'a self,
        object: WasRead<'a>,
        key: &'a str,
        value: &'a str,
    ) -> BoxFuture<'a, Result<(), PortError>>;
}

/// An object as it was read: known by its version, or else by its ETag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasRead<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version_id: Option<&'a str>,
    /// Without quotes.
    pub(crate) etag: &'a str,
    /// Where its bucket is, as far as it was said.
    pub(crate) region: Option<&'a str>,
}

/// Which object to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GetObject<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version_id: Option<&'a str>,
    /// Where its bucket is, as far as it was said.
    pub(crate) region: Option<&'a str>,
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
    pub(crate) description: Description,
    /// Of the object as a whole, where the store holds one; told by an answer that begins at its
    /// first byte.
    pub(crate) checksum: Option<Box<dyn Checksum>>,
    pub(crate) body: Box<dyn Body>,
}

/// Compares bytes with the checksum that a store holds of them.
pub(crate) trait Checksum: Send + 'static {
    /// The next bytes, each once and in their order, over as many connections as it took.
    fn update(&mut self, bytes: &[u8]);

    /// After the last byte. Says what is wrong, if anything is.
    fn finish(self: Box<Self>) -> Result<(), String>;
}

/// An object's bytes, as they arrive over one connection. Whether they are all of them, and the
/// right ones, is for whoever reads them to find out: a connection knows nothing of those before.
pub(crate) trait Body: Send + 'static {
    /// The next bytes; `None` where no more come, which may be too early.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>>;
}

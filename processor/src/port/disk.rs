mod temporary;

pub(crate) use temporary::TemporaryFiles;

use bytes::Bytes;
use futures::future::BoxFuture;
use std::{fmt, io, path::Path};

/// A disk that objects are written to for a while.
pub(crate) trait Disk: fmt::Debug + Send + Sync + 'static {
    /// An empty file in this directory, with room for so many bytes as far as the disk can tell.
    /// Nobody else sees it, and it is gone when it is dropped, or the process is.
    fn create<'a>(
        &'a self,
        dir: &'a Path,
        bytes: u64,
    ) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>>;
}

/// A file that is written once, and then read once.
pub(crate) trait DiskFile: Send + 'static {
    /// Adds these bytes to it.
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>>;

    /// All of it was written: what is read next is its beginning.
    fn rewind(&mut self) -> BoxFuture<'_, io::Result<()>>;

    /// The next bytes; `None` after the last that were written.
    fn read(&mut self) -> BoxFuture<'_, io::Result<Option<Bytes>>>;
}

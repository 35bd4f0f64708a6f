mod memory;

pub use memory::MemoryQuarantine;

use crate::error::Cause;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::future::Future;

/// Keeps records that were put aside. See [`Builder::quarantine`](crate::Builder::quarantine).
///
/// It gets small files, of 100 records at most; [`QuarantinedRecord::read_file`] reads them.
///
/// [`QuarantinedRecord::read_file`]: crate::QuarantinedRecord::read_file
pub trait QuarantineStore: Send + Sync + 'static {
    /// Stores a file under this name (32 hexadecimal digits), in place of what is there. When it
    /// ends well the file must be as safe as the queue is: the message is deleted then.
    ///
    /// # Errors
    /// Anything that keeps it from being stored. The message then fails as without a quarantine.
    fn put(
        &self,
        name: &str,
        file: Bytes,
    ) -> impl Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send;
}

/// A [`QuarantineStore`], whichever it is.
pub(crate) trait Quarantines: Send + Sync {
    fn put<'a>(&'a self, name: &'a str, file: Bytes) -> BoxFuture<'a, Result<(), Cause>>;
}

impl<S: QuarantineStore> Quarantines for S {
    fn put<'a>(&'a self, name: &'a str, file: Bytes) -> BoxFuture<'a, Result<(), Cause>> {
        Box::pin(QuarantineStore::put(self, name, file))
    }
}

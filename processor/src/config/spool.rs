use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

/// A directory that objects are downloaded to, each as a whole, before any of their records is
/// processed.
///
/// An object is found to be whole first: its length, the checksum that S3 holds of it, its
/// compression, and that it can be cut into records to its end. Only then is it read from the disk.
/// So nothing of a damaged object is handed on, and no connection is held while processors are
/// slow. It costs the disk's space, a decoding more, and the time of the download before the first
/// record.
///
/// Its files belong to this process alone and have no name: nothing of them stays behind, however
/// the process ends. They take [`bytes`](Self::bytes) at most, which an object reserves before its
/// download begins. While there is no room objects wait, and while the disk is full they are held,
/// with their leases: none fails for it.
///
/// ```
/// use s3_sqs_processor::{Pipeline, Route, Spool};
///
/// let spool = Spool::new("/var/spool/orders").bytes(2 << 30);
/// let builder = Pipeline::builder().route(Route::new("orders").prefix("orders/").spool(spool));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Spool {
    dir: PathBuf,
    bytes: u64,
}

impl Spool {
    /// In this directory, which has to exist when the pipeline is run. Routes with the same
    /// directory have the same space.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), bytes: 10 << 30 }
    }

    /// How much its files take together, as the objects are stored. A larger object fails.
    ///
    /// Default: 10 GiB. Bounds: 1 MiB to 8 TiB.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn most(&self) -> u64 {
        self.bytes
    }

    /// # Errors
    /// What cannot work.
    pub(crate) fn check(&self) -> Result<(), String> {
        if (MIB..=8 * TIB).contains(&self.bytes) {
            return Ok(());
        }
        Err(format!("the spool has {} bytes; it must have 1 MiB to 8 TiB", self.bytes))
    }
}

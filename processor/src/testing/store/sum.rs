use super::{ObjectFault, bucket::Bucket};
use crate::port::Checksum;
use crc32fast::Hasher;
use std::sync::Arc;

/// The checksum of an object in memory, as it is told, and that of what is read of it.
pub(super) struct Sum {
    running: Hasher,
    told: u32,
    fault: Option<ObjectFault>,
    bucket: Arc<Bucket>,
    key: String,
}

impl Sum {
    /// Of an object for which [`of`](Self::of) gave this; with a fault another one is told.
    pub(super) fn new(
        stored: u32,
        fault: Option<ObjectFault>,
        bucket: &Arc<Bucket>,
        key: &str,
    ) -> Self {
        let told = stored ^ u32::from(fault.is_some());
        Self {
            running: Hasher::new(),
            told,
            fault,
            bucket: Arc::clone(bucket),
            key: key.to_owned(),
        }
    }

    pub(super) fn of(bytes: &[u8]) -> u32 {
        crc32fast::hash(bytes)
    }
}

impl Checksum for Sum {
    fn update(&mut self, bytes: &[u8]) {
        self.running.update(bytes);
    }

    fn finish(self: Box<Self>) -> Result<(), String> {
        if let Some(fault) = self.fault {
            self.bucket.struck(&self.key, fault);
        }
        let found = self.running.finalize();
        if found == self.told {
            return Ok(());
        }
        Err(format!("its checksum is {found:08x}, the store holds {:08x}", self.told))
    }
}

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An object holds at most so many buffers: one being filled, the others with processors.
pub(super) const BLOCKS: usize = 4;
pub(super) const SMALLEST_BLOCK: usize = 64 << 10;
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

/// Semaphores count in 32 bits, so bytes are counted in units.
const UNIT: usize = 4 << 10;

/// The bytes that objects may hold together.
pub(crate) struct Budget {
    bytes: usize,
    units: Arc<Semaphore>,
}

/// Bytes of the [`Budget`], until it is dropped.
pub(super) type Reserved = OwnedSemaphorePermit;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes, units: Arc::new(Semaphore::new(bytes.div_ceil(UNIT))) }
    }

    /// How large the buffers of an object of this size (in the store) are: each holds about what
    /// the object may decompress to, within bounds and within the whole budget.
    pub(super) fn block_size(&self, size: Option<u64>) -> usize {
        let decoded = size.and_then(|size| usize::try_from(size.saturating_mul(8)).ok());
        let wanted = decoded.unwrap_or(LARGEST_BLOCK).clamp(SMALLEST_BLOCK, LARGEST_BLOCK);
        wanted.min(self.bytes / BLOCKS)
    }

    /// How much an object with such buffers may need beyond them.
    pub(super) fn most_beyond(&self, block_size: usize) -> u64 {
        (self.bytes - (BLOCKS * block_size).min(self.bytes)) as u64
    }

    /// Waits for room for all buffers of an object, and for so many bytes `beyond` them. Who waits
    /// here must hold nothing of the budget: then it is never all held by those who wait.
    pub(super) async fn reserve(&self, block_size: usize, beyond: u64) -> Reserved {
        let beyond = usize::try_from(beyond).unwrap_or(usize::MAX);
        let bytes = (BLOCKS * block_size).saturating_add(beyond);
        let units = bytes.min(self.bytes).div_ceil(UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let reserved = Arc::clone(&self.units).acquire_many_owned(units).await;
        reserved.expect("the semaphore is never closed")
    }
}

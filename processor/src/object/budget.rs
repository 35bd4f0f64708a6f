use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An object holds at most so many buffers: one being filled, the others with processors.
pub(super) const BLOCKS: usize = 4;
pub(super) const SMALLEST_BLOCK: usize = 64 << 10;
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

/// Semaphores count in 32 bits, so bytes are counted in units.
const UNIT: usize = 4 << 10;

/// The bytes that objects may hold together.
///
/// An object takes its part twice: of what may be *open*, for as long as it is, and of what may be
/// *held*. Only the second is given up by an object that waits for more. Without the first every
/// such object would let another one be opened, and no number would bound them.
pub(crate) struct Budget {
    bytes: usize,
    open: Arc<Semaphore>,
    held: Arc<Semaphore>,
}

/// Bytes of the [`Budget`], until it is dropped.
pub(super) type Reserved = OwnedSemaphorePermit;

/// What an object reserved before it was opened.
pub(super) struct Room {
    pub(super) open: Reserved,
    pub(super) held: Reserved,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = || Arc::new(Semaphore::new(bytes.div_ceil(UNIT)));
        Self { bytes, open: units(), held: units() }
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

    /// Waits for room for all buffers of an object. Who waits for what may be open holds nothing
    /// at all, so what is open goes on.
    pub(super) async fn room(&self, block_size: usize) -> Room {
        let buffers = self.units(BLOCKS * block_size);
        let open = acquire(&self.open, buffers).await;
        Room { open, held: acquire(&self.held, buffers).await }
    }

    /// Waits until an object may hold its buffers, and so many bytes `beyond` them: two parts, that
    /// are given back apart. Who waits here must hold nothing: then it is never all held by those
    /// who wait.
    pub(super) async fn hold(&self, block_size: usize, beyond: u64) -> (Reserved, Reserved) {
        let beyond = usize::try_from(beyond).unwrap_or(usize::MAX);
        let all = self.units((BLOCKS * block_size).saturating_add(beyond));
        let buffers = self.units(BLOCKS * block_size);
        let mut held = acquire(&self.held, all).await;
        let beyond = held.split((all - buffers) as usize).expect("that is a part of all");
        (held, beyond)
    }

    /// More than there is counts as all of it.
    fn units(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.bytes).div_ceil(UNIT)).unwrap_or(u32::MAX)
    }
}

async fn acquire(of: &Arc<Semaphore>, units: u32) -> Reserved {
    let reserved = Arc::clone(of).acquire_many_owned(units).await;
    reserved.expect("the semaphore is never closed")
}

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An object holds at most so many buffers: one being filled, the others with processors.
pub(super) const BLOCKS: usize = 4;
pub(super) const SMALLEST_BLOCK: usize = 64 << 10;
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

/// Such a part of all bytes is in places.
const PLACES: usize = 4;
/// A further buffer takes at most such a part of what is free: so a few large objects never take
/// all of it, and what is left is enough for those that need little.
const SHARE: usize = 8;
/// Semaphores count in 32 bits, so bytes are counted in units.
const UNIT: usize = 4 << 10;

/// The bytes that objects may hold together.
///
/// A quarter of them are *places*: an open object has one, with a buffer of the smallest size, so
/// it can always be read on once that comes back. What it holds beyond is of the *rest*, which it
/// tries for, and never waits for while it holds any of it.
pub(crate) struct Budget {
    places: Arc<Semaphore>,
    all_places: usize,
    rest: Arc<Semaphore>,
    /// All of the rest, in units.
    all: u32,
}

/// A place, or bytes of the rest, until it is dropped.
pub(super) type Reserved = OwnedSemaphorePermit;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let places = (bytes / PLACES / SMALLEST_BLOCK).max(1);
        let rest = bytes.saturating_sub(places * SMALLEST_BLOCK) / UNIT;
        let all = u32::try_from(rest).unwrap_or(u32::MAX);
        let all_places = places;
        let [places, rest] =
            [places, all as usize].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { places, all_places, rest, all }
    }

    /// How many bytes are in use.
    pub(crate) fn in_use(&self) -> usize {
        let places = self.all_places.saturating_sub(self.places.available_permits());
        let rest = (self.all as usize).saturating_sub(self.rest.available_permits());
        places * SMALLEST_BLOCK + rest * UNIT
    }

    /// Waits until one more object may be open. Who waits here holds nothing at all.
    pub(super) async fn place(&self) -> Reserved {
        acquire(&self.places, 1).await
    }

    /// How much the decoder of an object of this size may ever hold beyond its buffers: the one in
    /// its hands may be of the rest, too.
    pub(super) fn most_beyond(&self, size: Option<u64>) -> u64 {
        let all = self.all as usize * UNIT;
        all.saturating_sub(further_size(size)) as u64
    }

    /// So many bytes more, at once or not at all.
    pub(super) fn try_more(&self, bytes: usize) -> Option<Reserved> {
        Arc::clone(&self.rest).try_acquire_many_owned(units(bytes)).ok()
    }

    /// For a buffer that is not needed to go on: as large as may be, up to so much. `None` where
    /// little is free.
    pub(super) fn try_share(&self, most: usize) -> Option<(usize, Reserved)> {
        let share = self.rest.available_permits() * UNIT / SHARE;
        let mut size = most;
        while size > share {
            size /= 2;
        }
        let reserved = (size >= SMALLEST_BLOCK).then(|| self.try_more(size)).flatten();
        reserved.map(|reserved| (size, reserved))
    }

    /// Waits for so many bytes of the rest; more than there are count as all. Who waits here must
    /// hold none: then they are never all held by those who wait.
    pub(super) async fn wait(&self, bytes: u64) -> Reserved {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        acquire(&self.rest, units(bytes).min(self.all)).await
    }
}

/// Of what was reserved, this part.
pub(super) fn split(reserved: &mut Reserved, bytes: u64) -> Option<Reserved> {
    reserved.split(usize::try_from(bytes).ok()? / UNIT)
}

/// How much was reserved: it is given back.
pub(super) fn bytes_of(reserved: Reserved) -> u64 {
    (reserved.num_permits() * UNIT) as u64
}

/// The announced size, as the size of a buffer: a plain object fits into one, with room to see that
/// it ends there.
pub(super) fn first_size(size: Option<u64>) -> usize {
    buffer_size(size.map(|size| size.saturating_add(UNIT as u64)))
}

/// What a compressed object of this size may fill, as the size of a buffer.
pub(super) fn further_size(size: Option<u64>) -> usize {
    buffer_size(size.map(|size| size.saturating_mul(8)))
}

fn buffer_size(wanted: Option<u64>) -> usize {
    let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(LARGEST_BLOCK);
    wanted.clamp(SMALLEST_BLOCK, LARGEST_BLOCK).next_multiple_of(UNIT)
}

async fn acquire(of: &Arc<Semaphore>, permits: u32) -> Reserved {
    let reserved = Arc::clone(of).acquire_many_owned(permits).await;
    reserved.expect("the semaphore is never closed")
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

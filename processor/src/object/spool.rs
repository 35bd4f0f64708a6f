//! The room on disks that objects are downloaded to.

use crate::{breaker::OutageOf, config::Spool};
use std::{path::Path, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Semaphores count in 32 bits, so bytes are counted in units.
const UNIT: u64 = 4 << 10;

/// All disks that a pipeline spools to.
pub(crate) struct Spools(Vec<Arc<Space>>);

/// The room in one directory.
pub(super) struct Space {
    spool: Spool,
    free: Arc<Semaphore>,
    /// What is down if nothing can be written there.
    pub(super) of: OutageOf,
}

/// Room for one object, until it is dropped.
pub(super) type Room = OwnedSemaphorePermit;

impl Spools {
    /// Of one directory there is one space, however many routes name it.
    pub(crate) fn new<'a>(spools: impl Iterator<Item = &'a Spool>) -> Self {
        let mut all: Vec<Arc<Space>> = Vec::new();
        for spool in spools {
            if !all.iter().any(|space| space.spool == *spool) {
                all.push(Arc::new(Space::new(spool.clone())));
            }
        }
        Self(all)
    }

    pub(super) fn space(&self, spool: &Spool) -> Option<Arc<Space>> {
        self.0.iter().find(|space| space.spool == *spool).cloned()
    }
}

impl Space {
    fn new(spool: Spool) -> Self {
        let of = OutageOf::Spool(spool.dir().display().to_string());
        let free = Arc::new(Semaphore::new(units(spool.most()) as usize));
        Self { spool, free, of }
    }

    pub(super) fn dir(&self) -> &Path {
        self.spool.dir()
    }

    /// How large an object may be.
    pub(super) fn most(&self) -> u64 {
        self.spool.most()
    }

    /// Room for so many bytes, if there is some at once.
    pub(super) fn try_room(&self, bytes: u64) -> Option<Room> {
        Arc::clone(&self.free).try_acquire_many_owned(units(bytes)).ok()
    }

    /// Waits for room. Who waits here holds nothing else.
    pub(super) async fn room(&self, bytes: u64) -> Room {
        let room = Arc::clone(&self.free).acquire_many_owned(units(bytes)).await;
        room.expect("the semaphore is never closed")
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

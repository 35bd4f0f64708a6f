use super::super::world::World;
use crate::{Builder, Spool, testing::Random};

/// Whether objects are downloaded to a disk first, and what goes wrong with it.
#[derive(Debug, Clone)]
pub(super) struct Spooling {
    is_on: bool,
    /// So many steps go well before one fails, again and again.
    failures: Vec<u64>,
}

impl Spooling {
    /// In every third scenario.
    pub(super) fn new(seed: u64, faulty: bool) -> Self {
        // Apart, so that what else a seed draws stays.
        let random = &mut Random::new(seed ^ 0x7370_6f6f);
        let is_on = random.chance(333);
        let failures = if faulty { random.below(6) } else { 0 };
        Self { is_on, failures: (0..failures).map(|_| random.below(60)).collect() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(super) fn set_up(&self, world: &World) {
        world.disk.fail_after(self.failures.iter().copied());
    }

    pub(super) fn add_to(&self, builder: Builder) -> Builder {
        // Room for three or four objects of those that are large once they are decompressed.
        if self.is_on { builder.spool(Spool::new("/spool").bytes(1 << 20)) } else { builder }
    }
}

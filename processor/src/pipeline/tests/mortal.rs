use super::world::{Run, World};
use crate::{Builder, testing::MemoryQueue};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A process that a record may kill.
pub(super) struct Mortal {
    pub(super) run: Run,
    consumer: MemoryQueue,
    is_dying: Arc<AtomicBool>,
}

impl Mortal {
    /// `builder` makes its pipeline, whose processors say by the flag that it dies.
    pub(super) fn start(
        world: &World,
        seed: u64,
        builder: impl FnOnce(Arc<AtomicBool>) -> Builder,
    ) -> Self {
        let is_dying = Arc::<AtomicBool>::default();
        let builder = builder(Arc::clone(&is_dying));
        let consumer = world.queue.consumer();
        let run = world.start_on(world.env(seed), &consumer, builder);
        Self { run, consumer, is_dying }
    }

    /// Whether it has just died. Nothing it holds is handed back.
    pub(super) fn has_died(&self) -> bool {
        let dies = self.is_dying.load(Ordering::Relaxed);
        if dies {
            self.consumer.kill();
            self.run.task.abort();
        }
        dies
    }
}

//! The buffers that an object's records are in: a few for each object, and those of large objects
//! again for the next.

use crate::decode::Block;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit};

/// An object holds at most so many buffers: one being filled, the others with processors.
pub(super) const BLOCKS: usize = 4;
pub(super) const SMALLEST_BLOCK: usize = 64 << 10;
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

/// Buffers between objects: fresh memory costs more than what is written to it. Kept are those of
/// the sizes that most objects need, 9 MiB at most: of the largest as many as two objects hold, of
/// the smallest some more, because small objects come many at a time, each with one from its
/// decoding to its last verdict.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    smallest: Shelf<16>,
    largest: Shelf<{ 2 * BLOCKS }>,
}

impl Pool {
    fn take(&self, size: usize) -> Block {
        let kept = match size {
            SMALLEST_BLOCK => self.smallest.take(),
            LARGEST_BLOCK => self.largest.take(),
            _ => None,
        };
        kept.unwrap_or_else(|| Block::with_capacity(size))
    }

    fn put(&self, block: Block) {
        match block.capacity() {
            SMALLEST_BLOCK => self.smallest.put(block),
            LARGEST_BLOCK => self.largest.put(block),
            _ => {}
        }
    }
}

/// Buffers of one size, so many at most.
#[derive(Debug, Default)]
struct Shelf<const MOST: usize>(Mutex<Vec<Block>>);

impl<const MOST: usize> Shelf<MOST> {
    fn take(&self) -> Option<Block> {
        self.kept().pop()
    }

    fn put(&self, block: Block) {
        let mut kept = self.kept();
        if kept.len() < MOST {
            kept.push(block);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Block>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One object's buffers, shared by its reader and its batches, and the bytes it reserved for them:
/// given back when all of these are gone.
#[derive(Debug)]
pub(crate) struct Blocks {
    pool: Arc<Pool>,
    /// What a buffer holds, unless one large record makes it grow.
    size: usize,
    state: Mutex<State>,
    returned: Notify,
    _reserved: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct State {
    free: Vec<Block>,
    /// So many more may be made.
    left: usize,
    /// Nobody takes any more.
    closed: bool,
}

impl Blocks {
    /// Buffers of `size` bytes.
    pub(super) fn new(pool: Arc<Pool>, size: usize, reserved: OwnedSemaphorePermit) -> Self {
        let state = State { free: Vec::with_capacity(BLOCKS), left: BLOCKS, closed: false };
        Self { pool, size, state: Mutex::new(state), returned: Notify::new(), _reserved: reserved }
    }

    /// A buffer with whatever is in it; `None` if all are in use.
    pub(super) fn take(&self) -> Option<Block> {
        let mut state = self.state();
        if let Some(block) = state.free.pop() {
            return Some(block);
        }
        state.left = state.left.checked_sub(1)?;
        drop(state);
        Some(self.pool.take(self.size))
    }

    /// Waits for one that comes back.
    pub(super) async fn wait(&self) -> Block {
        loop {
            if let Some(block) = self.take() {
                return block;
            }
            self.returned.notified().await;
        }
    }

    /// A buffer comes back.
    pub(super) fn give_back(&self, block: Block) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            return self.pool.put(block);
        }
        // One that a large record made grow is not kept: the reservation is for buffers of the
        // usual size.
        if block.capacity() > self.size {
            state.left += 1;
        } else {
            state.free.push(block);
        }
        drop(state);
        self.returned.notify_one();
    }

    /// No more are taken: those that are free, and those that will come back, are for other
    /// objects.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let free = std::mem::take(&mut state.free);
        drop(state);
        free.into_iter().for_each(|block| self.pool.put(block));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    fn blocks(pool: &Arc<Pool>, size: usize) -> Blocks {
        let all = Arc::new(Semaphore::new(1));
        Blocks::new(Arc::clone(pool), size, all.try_acquire_owned().expect("nobody else has it"))
    }

    fn take(blocks: &Blocks) -> Block {
        blocks.take().expect("one is left")
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_has_so_many_and_waits_for_one_to_come_back() {
        let blocks = blocks(&Arc::default(), SMALLEST_BLOCK);
        let mut all: Vec<_> = (0..BLOCKS).map(|_| take(&blocks)).collect();
        assert!(blocks.take().is_none());
        let (came, ()) = tokio::join!(blocks.wait(), async {
            tokio::task::yield_now().await;
            blocks.give_back(all.remove(0));
        });
        assert_eq!(came.capacity(), SMALLEST_BLOCK);
        assert!(blocks.take().is_none());
    }

    #[test]
    fn one_that_a_large_record_made_grow_is_made_anew() {
        let blocks = blocks(&Arc::default(), SMALLEST_BLOCK);
        let _others: Vec<_> = (1..BLOCKS).map(|_| take(&blocks)).collect();
        drop(take(&blocks));
        blocks.give_back(Block::with_capacity(2 * SMALLEST_BLOCK));
        assert_eq!(take(&blocks).capacity(), SMALLEST_BLOCK);
        assert!(blocks.take().is_none());
    }

    #[test]
    fn the_next_object_gets_what_the_last_one_had_but_only_so_many_are_kept() {
        let pool = Arc::default();
        for size in [SMALLEST_BLOCK, LARGEST_BLOCK] {
            for _ in 0..10 {
                let (object, late) = (blocks(&pool, size), blocks(&pool, size));
                let taken: Vec<_> = (0..BLOCKS).map(|_| take(&object)).collect();
                object.close();
                // Processors may hold them for longer than the object is read. One more is new in
                // each round.
                taken.into_iter().for_each(|block| object.give_back(block));
                late.give_back(Block::with_capacity(size));
                late.close();
            }
        }
        assert_eq!((pool.smallest.kept().len(), pool.largest.kept().len()), (14, 2 * BLOCKS));
        let next = blocks(&pool, LARGEST_BLOCK);
        drop(take(&next));
        assert_eq!(pool.largest.kept().len(), 2 * BLOCKS - 1);
        drop(blocks(&pool, SMALLEST_BLOCK + 1).take());
        assert_eq!(pool.smallest.kept().len(), 14, "sizes are not mixed");
    }
}

//! Buffers that are used again for the next object.

use super::budget::{BLOCKS, LARGEST_BLOCK, SMALLEST_BLOCK};
use crate::decode::Block;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    pub(super) fn take(&self, size: usize) -> Block {
        let kept = match size {
            SMALLEST_BLOCK => self.smallest.take(),
            LARGEST_BLOCK => self.largest.take(),
            _ => None,
        };
        kept.unwrap_or_else(|| Block::with_capacity(size))
    }

    pub(super) fn put(&self, block: Block) {
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

#[cfg(test)]
mod tests {
    use super::{
        super::blocks::tests::{blocks, take},
        *,
    };
    use std::sync::Arc;

    #[test]
    fn the_next_object_gets_what_the_last_one_had_but_only_so_many_are_kept() {
        let pool = Arc::default();
        for size in [SMALLEST_BLOCK / 8, LARGEST_BLOCK] {
            for _ in 0..10 {
                let (object, late) = (blocks(&pool, size), blocks(&pool, size));
                let taken: Vec<_> = (0..BLOCKS).map(|_| take(&object)).collect();
                let more: Vec<_> = (0..BLOCKS).map(|_| take(&late)).collect();
                // Processors may hold them for longer than the object is read.
                object.close();
                taken.into_iter().for_each(|buffer| object.give_back(buffer));
                more.into_iter().for_each(|buffer| late.give_back(buffer));
                late.close();
            }
        }
        assert_eq!(
            (pool.smallest.kept().len(), pool.largest.kept().len()),
            (2 * BLOCKS, 2 * BLOCKS)
        );
        let next = blocks(&pool, LARGEST_BLOCK);
        drop(take(&next));
        assert_eq!(pool.largest.kept().len(), 2 * BLOCKS - 1);
        drop(blocks(&pool, SMALLEST_BLOCK + 1).take());
        assert_eq!(pool.smallest.kept().len(), 2 * BLOCKS, "sizes are not mixed");
    }
}

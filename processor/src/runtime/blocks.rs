//! The buffers that an object's records are in: a few for each object, and those of large objects again for the next.

use crate::decode::Block;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit};

/// An object holds at most so many buffers: one being filled, the others with processors.
pub(super) const BLOCKS: usize = 4;
pub(super) const SMALLEST_BLOCK: usize = 64 << 10;
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

/// So many of the largest buffers are kept between objects: for two objects side by side.
const KEPT: usize = 2 * BLOCKS;

/// Buffers between objects: fresh memory costs more than what is written to it. Only the largest, of which an object
/// fills many.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Block>>);

impl Pool {
    fn take(&self, size: usize) -> Block {
        let kept = if size == LARGEST_BLOCK { self.kept().pop() } else { None };
        kept.unwrap_or_else(|| Block::with_capacity(size))
    }

    fn put(&self, block: Block) {
        let mut kept = self.kept();
        if block.capacity() == LARGEST_BLOCK && kept.len() < KEPT {
            kept.push(block);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Block>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One object's buffers, shared by its reader and its batches, and the bytes it reserved for them: given back when all of
/// these are gone.
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
        // One that a large record made grow is not kept: the reservation is for buffers of the usual size.
        if block.capacity() > self.size {
            state.left += 1;
        } else {
            state.free.push(block);
        }
        drop(state);
        self.returned.notify_one();
    }

    /// No more are taken: those that are free, and those that will come back, are for other objects.
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

//! The buffers that an object's records are in: a few for each object.

use super::{
    budget::{BLOCKS, Reserved, Room},
    pool::Pool,
};
use crate::decode::Block;
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// One object's buffers, shared by its reader and its parcels, and the bytes it reserved for them:
/// given back when all of these are gone.
#[derive(Debug)]
pub(crate) struct Blocks {
    pool: Arc<Pool>,
    /// What a buffer holds, unless one large record makes it grow.
    size: usize,
    state: Mutex<State>,
    returned: Notify,
    /// Whether the object cannot be read on before a buffer comes back.
    wanted: watch::Sender<bool>,
    /// Of what may be open.
    _open: Reserved,
}

#[derive(Debug)]
struct State {
    free: Vec<Block>,
    /// So many more may be made.
    left: usize,
    /// Nobody takes any more.
    closed: bool,
    /// Of what may be held; `None` while the object waits for more.
    held: Option<Reserved>,
    /// What its decoder holds beyond the buffers.
    beyond: Option<Reserved>,
}

impl Blocks {
    /// Buffers of `size` bytes.
    pub(super) fn new(pool: Arc<Pool>, size: usize, room: Room) -> Self {
        let (free, held) = (Vec::with_capacity(BLOCKS), Some(room.held));
        let state = State { free, left: BLOCKS, closed: false, held, beyond: None };
        let (state, returned, wanted) =
            (Mutex::new(state), Notify::new(), watch::Sender::new(false));
        Self { pool, size, state, returned, wanted, _open: room.open }
    }

    /// What a buffer holds.
    pub(super) fn size(&self) -> usize {
        self.size
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
        let _wanted = Wanted::begin(&self.wanted);
        loop {
            if let Some(block) = self.take() {
                return block;
            }
            self.returned.notified().await;
        }
    }

    /// Ends once the object cannot be read on before a buffer comes back.
    pub(super) fn wanted(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut wanted = self.wanted.subscribe();
        async move {
            // Nothing is read any more if that cannot be told.
            let _ = wanted.wait_for(|wanted| *wanted).await;
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

    /// Waits until the others of an object that has one in its hands are back, and gives up what is
    /// reserved. To wait for that needs no bytes: it is the processors' turn.
    pub(super) async fn give_up_reservation(&self) {
        let _wanted = Wanted::begin(&self.wanted);
        while !self.gave_up_reservation() {
            self.returned.notified().await;
        }
    }

    fn gave_up_reservation(&self) -> bool {
        let mut state = self.state();
        if state.free.len() + state.left + 1 < BLOCKS {
            return false;
        }
        let free = std::mem::take(&mut state.free);
        state.left += free.len();
        (state.held, state.beyond) = (None, None);
        drop(state);
        free.into_iter().for_each(|block| self.pool.put(block));
        true
    }

    /// So much is held from here on: the buffers, and what is beyond them.
    pub(super) fn hold(&self, (buffers, beyond): (Reserved, Reserved)) {
        let mut state = self.state();
        (state.held, state.beyond) = (Some(buffers), Some(beyond));
    }

    /// Nothing is held beyond the buffers any more.
    pub(super) fn release_beyond(&self) {
        self.state().beyond = None;
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

struct Wanted<'a>(&'a watch::Sender<bool>);

impl<'a> Wanted<'a> {
    fn begin(wanted: &'a watch::Sender<bool>) -> Self {
        wanted.send_replace(true);
        Self(wanted)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{
        super::budget::{Budget, SMALLEST_BLOCK},
        *,
    };
    use futures::FutureExt;

    pub(in crate::object) fn blocks(pool: &Arc<Pool>, size: usize) -> Blocks {
        let room = Budget::new(1 << 20).room(size).now_or_never();
        Blocks::new(Arc::clone(pool), size, room.expect("nobody else has it"))
    }

    pub(in crate::object) fn take(blocks: &Blocks) -> Block {
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
}

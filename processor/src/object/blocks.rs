use super::{
    budget::{BLOCKS, Budget, Reserved, SMALLEST_BLOCK, bytes_of, first_size, further_size, split},
    pool::Pool,
};
use crate::decode::Block;
use std::{
    future::Future,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// One object's buffers, shared by its reader and its parcels.
///
/// One is its own, of the smallest size at least: while that is lent the object waits for it. The
/// others, and a larger one of its own, it has where there are bytes for them.
pub(crate) struct Blocks {
    pool: Arc<Pool>,
    budget: Arc<Budget>,
    /// The sizes of its own buffer and of the others, where there are bytes enough.
    sizes: (usize, usize),
    state: Mutex<State>,
    returned: Notify,
    /// Whether the object cannot be read on before a buffer comes back.
    wanted: watch::Sender<bool>,
    _place: Reserved,
}

#[derive(Default)]
struct State {
    free: Vec<Buffer>,
    /// The one that needs no more than the place is there.
    has_own: bool,
    /// How many others are.
    others: usize,
    /// How many are lent.
    lent: usize,
    /// Nobody takes any more.
    closed: bool,
    /// What its decoder holds beyond the buffers.
    beyond: Option<Reserved>,
}

/// A block, with the bytes that it takes of the budget.
pub(crate) struct Buffer {
    block: Block,
    /// How large it was when it was made: one large record may make it grow.
    size: usize,
    is_own: bool,
    bytes: Option<Reserved>,
}

impl Deref for Buffer {
    type Target = Block;

    fn deref(&self) -> &Block {
        &self.block
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Block {
        &mut self.block
    }
}

impl Blocks {
    /// For an object of this size in the store.
    pub(super) fn new(
        pool: Arc<Pool>,
        budget: Arc<Budget>,
        size: Option<u64>,
        place: Reserved,
    ) -> Self {
        Self {
            pool,
            budget,
            sizes: (first_size(size), further_size(size)),
            state: Mutex::default(),
            returned: Notify::new(),
            wanted: watch::Sender::new(false),
            _place: place,
        }
    }

    /// A buffer with whatever is in it; `None` if all that may be had are in use.
    pub(super) fn take(&self) -> Option<Buffer> {
        let mut state = self.state();
        let buffer = match state.free.pop() {
            Some(buffer) => buffer,
            None if !state.has_own => {
                state.has_own = true;
                self.own()
            }
            None if state.others + 1 < BLOCKS => {
                let (size, bytes) = self.budget.try_share(self.sizes.1)?;
                state.others += 1;
                Buffer { block: self.pool.take(size), size, is_own: false, bytes: Some(bytes) }
            }
            None => return None,
        };
        state.lent += 1;
        Some(buffer)
    }

    fn own(&self) -> Buffer {
        let more = self.sizes.0 - SMALLEST_BLOCK;
        let bytes = Some(more).filter(|more| *more > 0).and_then(|more| self.budget.try_more(more));
        let size = if bytes.is_some() { self.sizes.0 } else { SMALLEST_BLOCK };
        Buffer { block: self.pool.take(size), size, is_own: true, bytes }
    }

    /// Waits for one that comes back.
    pub(super) async fn wait(&self) -> Buffer {
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
    pub(super) fn give_back(&self, buffer: Buffer) {
        let mut state = self.state();
        state.lent -= 1;
        // One that a large record made grow is not kept: what is reserved is for its first size.
        let has_grown = buffer.capacity() > buffer.size;
        // Of what is reserved no more is kept than may be needed at once.
        let is_needed = buffer.bytes.is_none() || state.free.is_empty();
        if state.closed || has_grown || !is_needed {
            self.drop_one(&mut state, buffer);
        } else {
            state.free.push(buffer);
        }
        drop(state);
        self.returned.notify_one();
    }

    fn drop_one(&self, state: &mut State, buffer: Buffer) {
        if buffer.is_own {
            state.has_own = false;
        } else {
            state.others -= 1;
        }
        if buffer.capacity() == buffer.size {
            self.pool.put(buffer.block);
        }
    }

    /// Waits for so many bytes beyond the buffers, for a decoder that stands still meanwhile with
    /// this one in its hands. Who waits for bytes holds none, or all of them could be held by those
    /// who wait (trap 50): so the object waits until its other buffers are back, which needs no
    /// bytes, gives back what it has, and asks for all that it needs.
    pub(super) async fn reserve(&self, mut buffer: Option<&mut Buffer>, beyond: u64) {
        {
            let _wanted = Wanted::begin(&self.wanted);
            while !self.is_given_up(usize::from(buffer.is_some())) {
                self.returned.notified().await;
            }
        }
        // Given back before it is asked for again, with the rest.
        let held = buffer.as_mut().and_then(|buffer| buffer.bytes.take()).map(bytes_of);
        let mut reserved = self.budget.wait(held.unwrap_or(0) + beyond).await;
        if let Some((buffer, held)) = buffer.zip(held) {
            buffer.bytes = split(&mut reserved, held);
        }
        self.state().beyond = Some(reserved);
    }

    /// Whether no buffer is lent but those in the reader's hands; what is free is given back then.
    fn is_given_up(&self, in_hands: usize) -> bool {
        let mut state = self.state();
        if state.lent > in_hands {
            return false;
        }
        for buffer in std::mem::take(&mut state.free) {
            self.drop_one(&mut state, buffer);
        }
        state.beyond = None;
        true
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
        state.beyond = None;
        for buffer in std::mem::take(&mut state.free) {
            self.drop_one(&mut state, buffer);
        }
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

#[cfg(any(test, feature = "__private"))]
impl Buffer {
    /// One that takes no bytes of a budget.
    pub(super) fn of(block: Block) -> Self {
        let size = block.capacity();
        Self { block, size, is_own: false, bytes: None }
    }
}

#[cfg(any(test, feature = "__private"))]
impl Blocks {
    /// With these buffers and no others.
    pub(super) fn of(blocks: impl IntoIterator<Item = Block>) -> Self {
        use futures::FutureExt;
        let budget = Arc::new(Budget::new(1));
        let place = budget.place().now_or_never().expect("nobody else has it");
        let all = Self::new(Arc::default(), budget, Some(0), place);
        let mut state = all.state();
        state.free.extend(blocks.into_iter().map(Buffer::of));
        (state.has_own, state.others) = (true, BLOCKS);
        drop(state);
        all
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::budget::LARGEST_BLOCK, *};
    use futures::FutureExt;

    pub(in crate::object) fn blocks(pool: &Arc<Pool>, size: usize) -> Blocks {
        of_budget(pool, &Arc::new(Budget::new(64 << 20)), size)
    }

    fn of_budget(pool: &Arc<Pool>, budget: &Arc<Budget>, size: usize) -> Blocks {
        let place = budget.place().now_or_never().expect("there is one");
        Blocks::new(Arc::clone(pool), Arc::clone(budget), Some(size as u64), place)
    }

    pub(in crate::object) fn take(blocks: &Blocks) -> Buffer {
        blocks.take().expect("one is left")
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_has_so_many_and_waits_for_one_to_come_back() {
        let blocks = blocks(&Arc::default(), SMALLEST_BLOCK / 8);
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
    fn trap_73_where_bytes_are_short_an_object_has_the_one_of_its_place() {
        let (pool, budget) = (Arc::default(), Arc::new(Budget::new(8 << 20)));
        let hoarders: Vec<_> = (0..30).map(|_| of_budget(&pool, &budget, LARGEST_BLOCK)).collect();
        let hoarded: Vec<_> =
            hoarders.iter().flat_map(|blocks| std::iter::from_fn(|| blocks.take())).collect();
        let bytes: usize = hoarded.iter().map(|buffer| buffer.capacity()).sum();
        assert!(bytes <= (8 << 20) - 2 * SMALLEST_BLOCK, "{bytes}");
        let small = of_budget(&pool, &budget, 100);
        assert_eq!(take(&small).capacity(), SMALLEST_BLOCK);
        assert!(small.take().is_none(), "no more than that");
        drop((hoarded, hoarders));
        let next = of_budget(&pool, &budget, LARGEST_BLOCK);
        assert_eq!(take(&next).capacity(), LARGEST_BLOCK);
    }

    #[test]
    fn trap_50_who_waits_for_memory_with_a_buffer_in_its_hands_holds_no_bytes() {
        let (pool, budget) = (Arc::default(), Arc::new(Budget::new(1 << 20)));
        let [one, other] = [(); 2].map(|()| of_budget(&pool, &budget, 300 << 10));
        let (mut first, mut second) = (take(&one), take(&other));
        assert!(first.bytes.is_some() && second.bytes.is_some());
        let mut waits = Box::pin(other.reserve(Some(&mut second), 500 << 10));
        assert!(waits.as_mut().now_or_never().is_none(), "the first has some of it");
        // Had the second kept what its buffer took, neither would ever go on.
        let mut both = Box::pin(one.reserve(Some(&mut first), 500 << 10));
        assert!(both.as_mut().now_or_never().is_none(), "it is the second's turn");
        assert!(waits.now_or_never().is_some());
        other.release_beyond();
        drop(second);
        assert!(both.now_or_never().is_some());
    }

    #[test]
    fn one_that_is_not_needed_at_once_goes_back_with_its_bytes() {
        let blocks = blocks(&Arc::default(), LARGEST_BLOCK);
        let all: Vec<_> = (0..BLOCKS).map(|_| take(&blocks)).collect();
        let has = |megabytes: usize| blocks.budget.try_more(megabytes << 20).is_some();
        // Of 48 MiB, with the part of the object's own that its place does not cover.
        assert!(has(44) && !has(45));
        all.into_iter().for_each(|buffer| blocks.give_back(buffer));
        assert!(has(47));
        assert_eq!(blocks.state().free.len(), 1);
    }

    #[test]
    fn one_that_a_large_record_made_grow_is_made_anew() {
        let blocks = blocks(&Arc::default(), SMALLEST_BLOCK / 8);
        let mut grown = take(&blocks);
        grown.block = Block::with_capacity(2 * SMALLEST_BLOCK);
        blocks.give_back(grown);
        assert_eq!(take(&blocks).capacity(), SMALLEST_BLOCK);
    }
}

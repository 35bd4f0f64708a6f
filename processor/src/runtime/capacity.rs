use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use tokio::sync::{Notify, futures::Notified};

/// Whether there is room for more work: the object side knows, and the source asks before it takes
/// more.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    /// Objects that wait for room: for bytes, or read with some processor having begun none of
    /// their records.
    waiting: AtomicUsize,
    /// Messages of which an object is held by a breaker: they take no slot.
    parked: AtomicUsize,
    /// The source is told once fewer objects wait than this.
    wanted_below: AtomicUsize,
    freed: Notify,
}

/// An object that waits for room, until dropped.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<Capacity>);

impl Capacity {
    /// One more object waits.
    pub(crate) fn wait(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, SeqCst);
        Waiting(Arc::clone(self))
    }

    /// Whether fewer objects wait than `most`. If not, [`freed`](Self::freed) tells when they do.
    pub(crate) fn has_fewer_than(&self, most: usize) -> bool {
        // Written before it is read how many there are: who leaves in between tells.
        self.wanted_below.store(most, SeqCst);
        let is_so = self.waiting() < most;
        if is_so {
            self.wanted_below.store(0, SeqCst);
        }
        is_so
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(SeqCst)
    }

    /// How many messages take no slot.
    pub(crate) fn parked(&self) -> usize {
        self.parked.load(SeqCst)
    }

    pub(crate) fn park(&self) {
        self.parked.fetch_add(1, SeqCst);
        self.freed.notify_one();
    }

    pub(crate) fn unpark(&self) {
        self.parked.fetch_sub(1, SeqCst);
    }

    /// Completes when there may be room.
    pub(crate) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let left = self.0.waiting.fetch_sub(1, SeqCst) - 1;
        if left < self.0.wanted_below.load(SeqCst) {
            self.0.freed.notify_one();
        }
    }
}

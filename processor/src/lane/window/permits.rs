use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

/// Permits of a limit that others share. A count, not handles: taking one and giving one back is
/// all that happens here.
pub(super) struct Permits {
    limit: Arc<Semaphore>,
    held: usize,
    /// Where to wait for one when there is none.
    queue: PollSemaphore,
    /// One was asked for and is still to come.
    asking: bool,
}

impl Permits {
    pub(super) fn of(limit: Arc<Semaphore>) -> Self {
        Self { queue: PollSemaphore::new(Arc::clone(&limit)), limit, held: 0, asking: false }
    }

    /// Whether there is a permit beyond those in use. If not, the task is woken when there is.
    #[inline]
    pub(super) fn has_more_than(&mut self, used: usize, task: &mut Context<'_>) -> bool {
        self.held > used || self.take_one(task)
    }

    fn take_one(&mut self, task: &mut Context<'_>) -> bool {
        // Whoever waits is served before what is free here.
        if !self.asking
            && let Ok(permit) = self.limit.try_acquire()
        {
            permit.forget();
            self.held += 1;
            return true;
        }
        let asked = self.queue.poll_acquire(task);
        self.asking = asked.is_pending();
        let Poll::Ready(Some(permit)) = asked else { return false };
        permit.forget();
        self.held += 1;
        true
    }

    /// Gives back those beyond the ones in use.
    pub(super) fn keep(&mut self, used: usize) {
        if self.held > used {
            self.limit.add_permits(self.held - used);
            self.held = used;
        }
    }

    /// One of them now belongs to somebody else, who gives it back.
    pub(super) fn part_with_one(&mut self) {
        debug_assert!(self.held > 0, "what was begun had one");
        self.held -= 1;
    }

    /// A permit that came for nothing would be missing elsewhere.
    pub(super) fn stop_asking(&mut self) {
        if std::mem::take(&mut self.asking) {
            self.queue = PollSemaphore::new(Arc::clone(&self.limit));
        }
    }
}

impl Drop for Permits {
    fn drop(&mut self) {
        self.keep(0);
    }
}

//! Polls many futures of one kind inside one task, a window of them at a time.
//!
//! A future is made in a pinned slot and polled there. One that is ready at once leaves the slot to the next: no
//! allocation, no move, no timer. One that has to wait keeps its slot, and a permit of the processor's limit; the task
//! takes another slot and goes on. One that is to be tried again rests in its slot until it is due, without a permit
//! (unless it shall keep it).

mod slot;
mod slots;
#[cfg(test)]
mod tests;

use slot::Slot;
pub(crate) use slot::message as panic_message;
use slots::Slots;
use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::sync::{CancellationToken, PollSemaphore};

/// The task lets others run after this long, looked at every so many futures.
const SLICE: Duration = Duration::from_millis(1);
const LOOK_EVERY: u32 = 32;

/// How one try ended.
pub(crate) enum Verdict<T> {
    Ready(T),
    Panicked(String),
    TimedOut(Duration),
}

/// What is to become of an item after a try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It has its verdict.
    Settled,
    /// It is tried again after this wait.
    Again(Duration),
}

/// The runner. Holds one permit while it polls new futures, and one for each that waits.
pub(crate) struct Window {
    permits: PollSemaphore,
    /// A permit was asked for and is not there yet.
    asked: bool,
    held: Option<OwnedSemaphorePermit>,
    timeout: Option<Duration>,
    rest_with_permit: bool,
}

impl Window {
    pub(crate) fn new(permits: Arc<Semaphore>, timeout: Option<Duration>, rest_with_permit: bool) -> Self {
        Self { permits: PollSemaphore::new(permits), asked: false, held: None, timeout, rest_with_permit }
    }

    /// Runs `make(item, attempt)` for the items `0..count`, attempts counting from 1, reporting each end. Once `stop` is
    /// cancelled no more are begun or tried again; those that wait are waited for.
    pub(crate) async fn run<F: Future>(
        &mut self,
        count: usize,
        make: impl Fn(usize, u32) -> F,
        stop: &CancellationToken,
        mut report: impl FnMut(usize, u32, Verdict<F::Output>) -> Next,
    ) {
        let mut slots: Slots<Slot<F>> = Slots::new();
        let mut next = 0;
        let mut resting = 0;
        let mut rested = VecDeque::new();
        let mut stopped = pin!(stop.cancelled());
        poll_fn(|task| {
            slots.watch(task);
            let mut finish = |slots: &mut Slots<Slot<F>>, resting: &mut usize, at: usize, verdict| {
                let (slot, waker) = slots.get(at);
                match report(slot.item, slot.attempt, verdict) {
                    Next::Settled => slots.free(at),
                    Next::Again(wait) => {
                        *resting += 1;
                        slot.rest(wait, &mut Context::from_waker(waker));
                    }
                }
            };
            while let Some(at) = slots.next_woken() {
                let (slot, waker) = slots.get(at);
                let context = &mut Context::from_waker(waker);
                if slot.is_resting() {
                    if slot.has_rested(context) {
                        rested.push_back(at);
                    }
                } else if let Some(verdict) = slot.poll(self.timeout, context) {
                    finish(&mut slots, &mut resting, at, verdict);
                }
            }
            let began = Instant::now();
            let mut looks = 0;
            while next < count || resting > 0 {
                if stop.is_cancelled() {
                    next = count;
                    resting = 0;
                    rested.clear();
                    slots.free_all(|slot| slot.is_resting());
                    break;
                }
                if next >= count && rested.is_empty() {
                    break;
                }
                let busy = if self.rest_with_permit { slots.waiting() } else { slots.waiting() - resting };
                let has_own = self.rest_with_permit && !rested.is_empty();
                if !has_own && !self.may_begin(busy, task) {
                    break;
                }
                looks += 1;
                let out_of_budget = !tokio::task::coop::has_budget_remaining();
                if out_of_budget || (looks % LOOK_EVERY == 0 && began.elapsed() >= SLICE) {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let at = match rested.pop_front() {
                    Some(at) => {
                        resting -= 1;
                        at
                    }
                    None => {
                        let at = slots.take(Slot::new);
                        slots.get(at).0.occupy(next);
                        next += 1;
                        at
                    }
                };
                let (slot, waker) = slots.get(at);
                let context = &mut Context::from_waker(waker);
                if let Some(verdict) = slot.begin(&make, self.timeout, context) {
                    finish(&mut slots, &mut resting, at, verdict);
                }
            }
            if next >= count && rested.is_empty() {
                self.ask_no_more();
            }
            self.keep(if self.rest_with_permit { slots.waiting() } else { slots.waiting() - resting });
            if next >= count && slots.waiting() == 0 {
                return Poll::Ready(());
            }
            if (next < count || resting > 0) && stopped.as_mut().poll(task).is_ready() {
                task.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    /// Whether there is a permit beyond those in use. If not, the task is woken when there is.
    fn may_begin(&mut self, busy: usize, task: &mut Context<'_>) -> bool {
        if self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) > busy {
            return true;
        }
        match self.permits.poll_acquire(task) {
            Poll::Ready(Some(permit)) => {
                self.asked = false;
                match &mut self.held {
                    Some(held) => held.merge(permit),
                    None => self.held = Some(permit),
                }
                true
            }
            Poll::Ready(None) | Poll::Pending => {
                self.asked = true;
                false
            }
        }
    }

    /// Leaves the queue for permits: one that came now would be kept from everybody else until the last future is done.
    fn ask_no_more(&mut self) {
        if self.asked {
            self.asked = false;
            self.permits = PollSemaphore::new(self.permits.clone_inner());
        }
    }

    /// Gives back the permits beyond `wanted`.
    fn keep(&mut self, wanted: usize) {
        let Some(held) = &mut self.held else { return };
        let surplus = held.num_permits().saturating_sub(wanted);
        drop(held.split(surplus));
    }
}

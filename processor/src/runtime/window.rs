//! Polls many futures of one kind inside one task, a window of them at a time.
//!
//! A future is made in a pinned slot and polled there. One that is ready at once leaves the slot to the next: no
//! allocation, no move, no timer. One that has to wait keeps its slot, and a permit of the processor's limit; the task
//! takes another slot and goes on. One that is to be tried again rests in its slot until it is due, without a permit
//! (unless it shall keep it). A permit that is no longer used goes back before anything else is begun, so that windows
//! that share a limit take turns.

mod slot;
mod slots;
#[cfg(test)]
mod tests;

use slot::Slot;
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

/// The task lets others run after this long, looked at after 1, 2, 4, 8 and 16 futures and then every so many.
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

/// Who wants to know how tries end.
pub(crate) trait Report<T> {
    /// A try ended.
    fn verdict(&mut self, item: usize, attempt: u32, verdict: Verdict<T>) -> Next;

    /// The window has to wait: time to show how far it came.
    fn pause(&mut self) {}
}

impl<T, F: FnMut(usize, u32, Verdict<T>) -> Next> Report<T> for F {
    fn verdict(&mut self, item: usize, attempt: u32, verdict: Verdict<T>) -> Next {
        self(item, attempt, verdict)
    }
}

/// One try of one future outside of any window, under the same guards.
pub(crate) async fn one_try<F: Future>(make: impl Fn() -> F, timeout: Option<Duration>) -> Verdict<F::Output> {
    let mut slot = Slot::new();
    let mut begun = false;
    poll_fn(|task| {
        let verdict = if std::mem::replace(&mut begun, true) {
            slot.poll(timeout, task)
        } else {
            slot.begin(&|_, _, _| make(), None, timeout, task)
        };
        verdict.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// The runner. Holds one permit while it polls new futures, and one for each that waits.
pub(crate) struct Window {
    permits: PollSemaphore,
    /// A permit was asked for and is still to come.
    asking: bool,
    held: Option<OwnedSemaphorePermit>,
    timeout: Option<Duration>,
    use_of_permits: UseOfPermits,
}

/// Until when an item needs its permit.
#[derive(Clone, Copy, PartialEq)]
enum UseOfPermits {
    WhilePolled,
    UntilSettled,
    /// It is handed to the future, which keeps it as long as it likes.
    HandedOver,
}

impl Window {
    pub(crate) fn new(permits: Arc<Semaphore>, timeout: Option<Duration>, rest_with_permit: bool) -> Self {
        let use_of_permits = if rest_with_permit { UseOfPermits::UntilSettled } else { UseOfPermits::WhilePolled };
        Self { permits: PollSemaphore::new(permits), asking: false, held: None, timeout, use_of_permits }
    }

    /// A window that gives each future a permit to keep.
    pub(crate) fn handing_over(permits: Arc<Semaphore>, timeout: Option<Duration>) -> Self {
        Self { use_of_permits: UseOfPermits::HandedOver, ..Self::new(permits, timeout, false) }
    }

    /// Runs `make(item, attempt, permit)` for the items `0..count`, attempts counting from 1, reporting each end. Once
    /// `stop` is cancelled no more are begun or tried again; those that wait are waited for.
    pub(crate) async fn run<F: Future>(
        &mut self,
        count: usize,
        make: impl Fn(usize, u32, Option<OwnedSemaphorePermit>) -> F,
        stop: &CancellationToken,
        report: &mut impl Report<F::Output>,
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
                match report.verdict(slot.item, slot.attempt, verdict) {
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
            self.keep(slots.waiting(), resting);
            let mut slice = Slice::begin();
            let mut yields = false;
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
                if slice.is_over() {
                    yields = true;
                    break;
                }
                let has_own = self.use_of_permits == UseOfPermits::UntilSettled && !rested.is_empty();
                if !has_own && !self.may_begin(self.busy(slots.waiting(), resting), task) {
                    break;
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
                let permit = self.hand_over();
                let (slot, waker) = slots.get(at);
                let context = &mut Context::from_waker(waker);
                if let Some(verdict) = slot.begin(&make, permit, self.timeout, context) {
                    finish(&mut slots, &mut resting, at, verdict);
                }
            }
            self.keep(slots.waiting(), resting);
            if yields {
                task.waker().wake_by_ref();
                report.pause();
                return Poll::Pending;
            }
            if next >= count && rested.is_empty() {
                self.stop_asking();
            }
            if next >= count && slots.waiting() == 0 {
                return Poll::Ready(());
            }
            if (next < count || resting > 0) && stopped.as_mut().poll(task).is_ready() {
                task.waker().wake_by_ref();
            }
            report.pause();
            Poll::Pending
        })
        .await;
    }

    /// How many permits are in use here.
    fn busy(&self, waiting: usize, resting: usize) -> usize {
        match self.use_of_permits {
            UseOfPermits::WhilePolled => waiting - resting,
            UseOfPermits::UntilSettled => waiting,
            UseOfPermits::HandedOver => 0,
        }
    }

    /// Whether there is a permit beyond those in use. If not, the task is woken when there is.
    fn may_begin(&mut self, busy: usize, task: &mut Context<'_>) -> bool {
        if self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) > busy {
            return true;
        }
        let asked = self.permits.poll_acquire(task);
        self.asking = asked.is_pending();
        match asked {
            Poll::Ready(Some(permit)) => {
                match &mut self.held {
                    Some(held) => held.merge(permit),
                    None => self.held = Some(permit),
                }
                true
            }
            Poll::Ready(None) | Poll::Pending => false,
        }
    }

    fn hand_over(&mut self) -> Option<OwnedSemaphorePermit> {
        let handed_over = self.use_of_permits == UseOfPermits::HandedOver;
        handed_over.then(|| self.held.as_mut().and_then(|held| held.split(1))).flatten()
    }

    /// Gives back the permits beyond those in use.
    fn keep(&mut self, waiting: usize, resting: usize) {
        let wanted = self.busy(waiting, resting);
        let Some(held) = &mut self.held else { return };
        let surplus = held.num_permits().saturating_sub(wanted);
        if surplus > 0 {
            drop(held.split(surplus));
        }
    }

    /// A permit that came for nothing would be missing elsewhere.
    fn stop_asking(&mut self) {
        if std::mem::take(&mut self.asking) {
            self.permits = PollSemaphore::new(self.permits.clone_inner());
        }
    }
}

/// How long the task has run without letting others run.
struct Slice {
    began: Instant,
    futures: u32,
    look_at: u32,
}

impl Slice {
    fn begin() -> Self {
        Self { began: Instant::now(), futures: 0, look_at: 1 }
    }

    /// Asked before each future. The clock is looked at seldom, unless futures turn out to be long.
    fn is_over(&mut self) -> bool {
        if !tokio::task::coop::has_budget_remaining() {
            return true;
        }
        let due = self.futures == self.look_at;
        self.futures += 1;
        if due {
            self.look_at += self.look_at.min(LOOK_EVERY);
        }
        due && self.began.elapsed() >= SLICE
    }
}

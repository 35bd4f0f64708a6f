//! Polls many futures of one kind inside one task, a window of them at a time.
//!
//! A future is made in a pinned slot and polled there. One that is ready at once leaves the slot to
//! the next: no allocation, no move, no timer. One that has to wait keeps its slot, and a permit of
//! the processor's limit; the task takes another slot and goes on. One that is to be tried again
//! rests in its slot until it is due, without a permit (unless it shall keep it). A permit that is
//! no longer used goes back before anything else is begun, so that windows that share a limit take
//! turns.

mod deadlines;
mod permits;
mod rung;
mod slot;
mod slots;
#[cfg(test)]
mod tests;
mod tried;

use super::grace::GRACE;
use crate::runtime::Stop;
use deadlines::Deadlines;
use permits::Permits;
use slot::Slot;
use slots::Slots;
use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    task::coop::has_budget_remaining,
    time::{Instant, Sleep, sleep, timeout},
};
pub(super) use tried::Tried;

/// The task lets others run after this long, looked at after 1, 2, 4, 8 and 16 futures and then
/// every so many.
const SLICE: Duration = Duration::from_millis(1);
const LOOK_EVERY: usize = 32;

/// What is to become of an item after a try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It has its verdict.
    Settled,
    /// It has its verdict, after which it may be pointless to go on.
    Failed,
    /// It goes on elsewhere, and takes its permit along: whoever has it gives it back.
    Left,
    /// It is tried again after this wait.
    Again(Duration),
}

/// Who decides what becomes of an item after each try.
pub(crate) trait Judge<T> {
    /// Items are about to be begun.
    fn begins(&mut self) {}

    /// This one has to wait.
    fn waits(&mut self, _item: usize) {}

    /// One that had to wait, or to rest, is settled.
    fn waited(&mut self, _item: usize) {}

    /// A try ended.
    fn judge(&mut self, item: usize, attempt: u32, tried: Tried<T>) -> After;

    /// The window has to wait, or has ended: time to show how far it came. The first so many items
    /// were begun.
    fn pause(&mut self, _begun: usize) {}
}

impl<T, F: FnMut(usize, u32, Tried<T>) -> After> Judge<T> for F {
    fn judge(&mut self, item: usize, attempt: u32, tried: Tried<T>) -> After {
        self(item, attempt, tried)
    }
}

/// One try of one future outside of any window, under the same guards.
pub(crate) async fn one_try<F: Future>(
    make: impl Fn() -> F,
    longest: Option<Duration>,
) -> Tried<F::Output> {
    let mut slot = Slot::new();
    let mut begun = false;
    let ended = poll_fn(|task| {
        let again = std::mem::replace(&mut begun, true);
        let tried = if again { slot.poll(task) } else { slot.begin(&|_, _| make(), task) };
        tried.map_or(Poll::Pending, Poll::Ready)
    });
    match longest {
        None => ended.await,
        Some(longest) => timeout(longest, ended).await.unwrap_or(Tried::TimedOut(longest)),
    }
}

/// The runner. Holds one permit while it polls new futures, and one for each that waits.
pub(crate) struct Window {
    permits: Permits,
    timeout: Option<Duration>,
    rest_with_permit: bool,
}

impl Window {
    pub(crate) fn new(
        permits: Arc<Semaphore>,
        timeout: Option<Duration>,
        rest_with_permit: bool,
    ) -> Self {
        Self { permits: Permits::of(permits), timeout, rest_with_permit }
    }

    /// Runs `make(item, attempt)` for the items `0..count`, attempts counting from 1, judging
    /// each end. Soon after `stop` is cancelled no more are begun or tried again. Those that wait
    /// then have the [grace period](GRACE) to end; what has not is dropped, without a verdict.
    pub(crate) async fn run<F: Future>(
        &mut self,
        count: usize,
        make: impl Fn(usize, u32) -> F,
        stop: &Stop,
        judge: &mut impl Judge<F::Output>,
    ) {
        let mut count = count;
        let mut slots: Slots<Slot<F>> = Slots::new();
        let mut deadlines = Deadlines::new(self.timeout);
        let mut next = 0;
        let mut resting = 0;
        let mut rested = VecDeque::new();
        let mut stopped = pin!(stop.cancelled());
        let mask = stop.mask();
        let mut grace: Option<Pin<Box<Sleep>>> = None;
        poll_fn(|task| {
            slots.watch(task);
            let permits = &mut self.permits;
            let rest_with_permit = self.rest_with_permit;
            // How many permits are in use here.
            let used = |slots: &Slots<_>, resting| {
                slots.waiting() - if rest_with_permit { 0 } else { resting }
            };
            let mut slice = Slice::begin();
            let mut yields = false;
            while !yields && let Some(at) = slots.next_woken() {
                slice.futures += 1;
                let (slot, waker) = slots.get(at);
                let context = &mut Context::from_waker(waker);
                if slot.is_resting() {
                    if slot.has_rested(context) {
                        rested.push_back(at);
                    }
                } else if let Some(tried) = slot.poll(context) {
                    let next = judge.judge(slot.item, slot.attempt, tried);
                    if next == After::Settled {
                        judge.waited(slot.item);
                    }
                    finish(next, &mut slots, permits, &mut resting, at);
                }
                // Many may be woken at once, and each may take long. The others stay on the list.
                yields = slice.is_due() && slice.is_over();
            }
            if let Some(timeout) = self.timeout {
                for at in deadlines.over(&mut slots, task) {
                    let slot = slots.get(at).0;
                    let tried = slot.give_up(timeout);
                    let next = judge.judge(slot.item, slot.attempt, tried);
                    finish(next, &mut slots, permits, &mut resting, at);
                }
            }
            permits.keep(used(&slots, resting));
            let mut look = true;
            while next < count || resting > 0 {
                look |= slice.is_due() || mask.load(Relaxed) == 0;
                if std::mem::take(&mut look) {
                    if stop.is_cancelled() {
                        count = next;
                        resting = 0;
                        rested.clear();
                        slots.free_all(|slot| slot.is_resting());
                        break;
                    }
                    if slice.is_over() {
                        yields |= next < count || !rested.is_empty();
                        break;
                    }
                }
                if next >= count && rested.is_empty() {
                    break;
                }
                let has_own = rest_with_permit && !rested.is_empty();
                if !has_own && !permits.has_more_than(used(&slots, resting), task) {
                    break;
                }
                let at = match rested.pop_front() {
                    Some(at) => {
                        resting -= 1;
                        slots.get(at).0.wake_up();
                        at
                    }
                    None => {
                        judge.begins();
                        let at = slots.take(Slot::new);
                        slots.get(at).0.occupy(next);
                        next += 1;
                        at
                    }
                };
                // One that is settled at once leaves its slot, and the permit, to the next.
                let (slot, waker) = slots.get(at);
                let is_fresh = slot.attempt == 0;
                let until = if is_fresh { count.min(next + slice.until_look()) } else { next };
                let context = &mut Context::from_waker(waker);
                let begun = loop {
                    slice.futures += 1;
                    let tried = slot.begin(&make, context);
                    let end = tried.map(|tried| judge.judge(slot.item, slot.attempt, tried));
                    if end != Some(After::Settled) || next >= until & mask.load(Relaxed) {
                        break end;
                    }
                    slot.occupy(next);
                    next += 1;
                };
                let item = slot.item;
                match begun {
                    Some(end) => {
                        look = end == After::Failed;
                        if end == After::Settled && !is_fresh {
                            judge.waited(item);
                        }
                        finish(end, &mut slots, permits, &mut resting, at);
                    }
                    None => {
                        judge.waits(item);
                        deadlines.begun(at);
                        // What waits may do so only because this task has had its share of Tokio's
                        // resources.
                        if !has_budget_remaining() {
                            yields = next < count || !rested.is_empty();
                            break;
                        }
                    }
                }
            }
            permits.keep(used(&slots, resting));
            deadlines.set(&mut slots, task);
            if next >= count && rested.is_empty() {
                permits.stop_asking();
            }
            judge.pause(next);
            if next >= count && slots.waiting() == 0 {
                return Poll::Ready(());
            }
            // Looked at before it yields: futures that are always busy would put it off for ever.
            if stopped.as_mut().poll(task).is_ready() {
                if next < count || resting > 0 {
                    yields = true;
                } else if grace.get_or_insert_with(|| Box::pin(sleep(GRACE))).as_mut().poll(task)
                    == Poll::Ready(())
                {
                    return Poll::Ready(());
                }
            }
            if yields {
                task.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }
}

/// A try ended at this place: frees it, unless there will be another.
#[inline]
fn finish<F: Future>(
    next: After,
    slots: &mut Slots<Slot<F>>,
    permits: &mut Permits,
    resting: &mut usize,
    at: usize,
) {
    match next {
        After::Settled | After::Failed => slots.free(at),
        After::Left => {
            permits.part_with_one();
            slots.free(at);
        }
        After::Again(wait) => {
            *resting += 1;
            let (slot, waker) = slots.get(at);
            slot.rest(wait, &mut Context::from_waker(waker));
        }
    }
}

/// How long the task has run without letting others run.
struct Slice {
    began: Instant,
    futures: usize,
    look_at: usize,
}

impl Slice {
    fn begin() -> Self {
        Self { began: Instant::now(), futures: 0, look_at: 1 }
    }

    /// Asked before each future: whether to look up. That is seldom, unless futures turn out to be
    /// long.
    #[inline]
    fn is_due(&mut self) -> bool {
        let due = self.futures >= self.look_at;
        if due {
            self.look_at += self.look_at.min(LOOK_EVERY);
        }
        due
    }

    /// How many may follow the next before that.
    fn until_look(&self) -> usize {
        self.look_at - self.futures - 1
    }

    fn is_over(&self) -> bool {
        self.futures > 1 && self.began.elapsed() >= SLICE
    }
}

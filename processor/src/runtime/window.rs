//! Polls many futures of one kind inside one task, a window of them at a time.
//!
//! A future is made in a pinned slot and polled there. One that is ready at once leaves the slot to the next: no
//! allocation, no move, no timer. One that has to wait keeps its slot, and a permit of the processor's limit; the task
//! takes another slot and goes on.

mod slots;
#[cfg(test)]
mod tests;

use slots::Slots;
use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep},
};
use tokio_util::sync::{CancellationToken, PollSemaphore};

/// The task lets others run after this long, looked at every so many futures.
const SLICE: Duration = Duration::from_millis(1);
const LOOK_EVERY: u32 = 32;

/// How one future ended.
pub(crate) enum Verdict<T> {
    Ready(T),
    Panicked(String),
    TimedOut(Duration),
}

/// The runner. Holds one permit while it polls new futures, and one for each that waits.
pub(crate) struct Window {
    permits: PollSemaphore,
    /// A permit was asked for and is not there yet.
    asked: bool,
    held: Option<OwnedSemaphorePermit>,
    timeout: Option<Duration>,
}

/// One place for a future to be polled in.
struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    timeout: Option<Pin<Box<Sleep>>>,
    item: usize,
}

impl Window {
    pub(crate) fn new(permits: PollSemaphore, timeout: Option<Duration>) -> Self {
        Self { permits, asked: false, held: None, timeout }
    }

    /// Runs `make(0..count)`, reporting each end by its number. Once `stop` is cancelled, no more are begun; those that
    /// wait are waited for.
    pub(crate) async fn run<F: Future>(
        &mut self,
        count: usize,
        make: impl Fn(usize) -> F,
        stop: &CancellationToken,
        mut report: impl FnMut(usize, Verdict<F::Output>),
    ) {
        let mut slots: Slots<Slot<F>> = Slots::new();
        let mut next = 0;
        // Listened to only while a permit is awaited: what waits for nothing looks at the token itself.
        let stopped = stop.cancelled();
        tokio::pin!(stopped);
        poll_fn(|task| {
            slots.watch(task);
            while let Some(at) = slots.next_woken() {
                let (slot, waker) = slots.get(at);
                if let Some(verdict) = poll_slot(slot, self.timeout, &mut Context::from_waker(waker)) {
                    report(slot.item, verdict);
                    slots.free(at);
                }
            }
            let began = Instant::now();
            let mut looks = 0;
            while next < count {
                if stop.is_cancelled() {
                    next = count;
                    break;
                }
                if !self.may_begin(slots.waiting(), task) {
                    if stopped.as_mut().poll(task).is_ready() {
                        next = count;
                    }
                    break;
                }
                looks += 1;
                let coop = tokio::task::coop::has_budget_remaining();
                if !coop || (looks % LOOK_EVERY == 0 && began.elapsed() >= SLICE) {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let at = slots.take(|| Slot { future: Box::pin(None), timeout: None, item: 0 });
                let (slot, waker) = slots.get(at);
                slot.item = next;
                next += 1;
                if let Some(verdict) = begin(slot, &make, self.timeout, &mut Context::from_waker(waker)) {
                    report(slot.item, verdict);
                    slots.free(at);
                }
            }
            if next >= count {
                self.ask_no_more();
            }
            self.keep(slots.waiting());
            if next >= count && slots.waiting() == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Whether there is a permit beyond those of the futures that wait. If not, the task is woken when there is.
    fn may_begin(&mut self, waiting: usize, task: &mut Context<'_>) -> bool {
        if self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) > waiting {
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

/// Makes a future in the slot and polls it for the first time. The time-out is armed only if it has to wait.
fn begin<F: Future>(
    slot: &mut Slot<F>,
    make: &impl Fn(usize) -> F,
    timeout: Option<Duration>,
    context: &mut Context<'_>,
) -> Option<Verdict<F::Output>> {
    let item = slot.item;
    match catch_unwind(AssertUnwindSafe(|| slot.future.set(Some(make(item))))) {
        Err(panic) => return Some(Verdict::Panicked(message(&*panic))),
        Ok(()) => slot.timeout = None,
    }
    let verdict = poll_future(slot, context);
    if verdict.is_none()
        && let Some(timeout) = timeout
    {
        slot.timeout = Some(Box::pin(sleep(timeout)));
        return poll_timeout(slot, timeout, context);
    }
    verdict
}

fn poll_slot<F: Future>(
    slot: &mut Slot<F>,
    timeout: Option<Duration>,
    context: &mut Context<'_>,
) -> Option<Verdict<F::Output>> {
    let verdict = poll_future(slot, context);
    match timeout {
        Some(timeout) if verdict.is_none() => poll_timeout(slot, timeout, context),
        _ => {
            slot.timeout = None;
            verdict
        }
    }
}

/// A future that ended is dropped at once, under the same guard: its destructor may panic too.
fn poll_future<F: Future>(slot: &mut Slot<F>, context: &mut Context<'_>) -> Option<Verdict<F::Output>> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let future = slot.future.as_mut().as_pin_mut().expect("an occupied slot is polled");
        let polled = future.poll(context);
        if polled.is_ready() {
            slot.future.set(None);
        }
        polled
    }));
    match polled {
        Ok(Poll::Pending) => None,
        Ok(Poll::Ready(output)) => Some(Verdict::Ready(output)),
        Err(panic) => {
            clear(slot);
            Some(Verdict::Panicked(message(&*panic)))
        }
    }
}

fn poll_timeout<F: Future>(
    slot: &mut Slot<F>,
    timeout: Duration,
    context: &mut Context<'_>,
) -> Option<Verdict<F::Output>> {
    let over = slot.timeout.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready());
    over.then(|| {
        clear(slot);
        Verdict::TimedOut(timeout)
    })
}

fn clear<F>(slot: &mut Slot<F>) {
    let _ = catch_unwind(AssertUnwindSafe(|| slot.future.set(None)));
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

use super::tried::Tried;
use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// One place for a future to be polled in, or for its item to rest in between two tries.
pub(super) struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    /// When a future that waits has taken too long.
    pub(super) deadline: Option<Instant>,
    /// The end of a rest.
    rest: Option<Pin<Box<Sleep>>>,
    resting: bool,
    pub(super) item: usize,
    pub(super) attempt: u32,
}

impl<F: Future> Slot<F> {
    pub(super) fn new() -> Self {
        Self {
            future: Box::pin(None),
            deadline: None,
            rest: None,
            resting: false,
            item: 0,
            attempt: 0,
        }
    }

    pub(super) fn occupy(&mut self, item: usize) {
        self.item = item;
        self.attempt = 0;
    }

    /// Makes the future and polls it for the first time.
    #[inline]
    pub(super) fn begin(
        &mut self,
        make: &impl Fn(usize, u32) -> F,
        context: &mut Context<'_>,
    ) -> Option<Tried<F::Output>> {
        self.attempt += 1;
        let (item, attempt) = (self.item, self.attempt);
        self.guarded(|mut future| {
            future.set(Some(make(item, attempt)));
            poll(future, context)
        })
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Option<Tried<F::Output>> {
        let tried = self.guarded(|future| poll(future, context));
        if tried.is_some() {
            self.deadline = None;
        }
        tried
    }

    /// Its time is over.
    pub(super) fn give_up(&mut self, timeout: Duration) -> Tried<F::Output> {
        self.clear();
        Tried::TimedOut(timeout)
    }

    /// Rests until the wait is over; the slot's waker is woken then.
    pub(super) fn rest(&mut self, wait: Duration, context: &mut Context<'_>) {
        self.resting = true;
        let mut timer = Box::pin(sleep(wait));
        if timer.as_mut().poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
        self.rest = Some(timer);
    }

    pub(super) fn is_resting(&self) -> bool {
        self.resting
    }

    /// It is about to be begun again.
    pub(super) fn wake_up(&mut self) {
        self.resting = false;
    }

    /// Whether the rest is over: said once.
    pub(super) fn has_rested(&mut self, context: &mut Context<'_>) -> bool {
        let over = self
            .rest
            .as_mut()
            .is_some_and(|timer| timer.is_elapsed() || timer.as_mut().poll(context).is_ready());
        if over {
            self.rest = None;
        }
        over
    }

    #[inline]
    fn guarded(
        &mut self,
        work: impl FnOnce(Pin<&mut Option<F>>) -> Poll<F::Output>,
    ) -> Option<Tried<F::Output>> {
        match catch_unwind(AssertUnwindSafe(|| work(self.future.as_mut()))) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(output)) => Some(Tried::Returned(output)),
            Err(panic) => {
                self.clear();
                Some(Tried::Panicked(message(&*panic)))
            }
        }
    }
}

/// A future that ended is dropped at once, under the same guard: its destructor may panic too.
#[inline]
fn poll<F: Future>(mut future: Pin<&mut Option<F>>, context: &mut Context<'_>) -> Poll<F::Output> {
    let polled = future.as_mut().as_pin_mut().expect("an occupied slot is polled").poll(context);
    if polled.is_ready() {
        future.set(None);
    }
    polled
}

impl<F> Slot<F> {
    fn clear(&mut self) {
        (self.deadline, self.rest) = (None, None);
        let _ = catch_unwind(AssertUnwindSafe(|| self.future.set(None)));
    }
}

/// A window dropped in the middle drops many futures: one that panics must not take the others with
/// it.
impl<F> Drop for Slot<F> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

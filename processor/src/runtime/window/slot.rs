use super::Verdict;
use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};

/// One place for a future to be polled in, or for its item to rest in between two tries.
pub(super) struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    /// The time-out of a future that waits, or the end of a rest.
    timer: Option<Pin<Box<Sleep>>>,
    resting: bool,
    pub(super) item: usize,
    pub(super) attempt: u32,
}

impl<F: Future> Slot<F> {
    pub(super) fn new() -> Self {
        Self { future: Box::pin(None), timer: None, resting: false, item: 0, attempt: 0 }
    }

    pub(super) fn occupy(&mut self, item: usize) {
        self.item = item;
        self.attempt = 0;
    }

    /// Makes the future and polls it for the first time. The time-out is armed only if it has to wait.
    pub(super) fn begin(
        &mut self,
        make: &impl Fn(usize, u32, Option<OwnedSemaphorePermit>) -> F,
        permit: Option<OwnedSemaphorePermit>,
        timeout: Option<Duration>,
        context: &mut Context<'_>,
    ) -> Option<Verdict<F::Output>> {
        self.attempt += 1;
        self.resting = false;
        let (item, attempt) = (self.item, self.attempt);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.future.set(Some(make(item, attempt, permit))))) {
            return Some(Verdict::Panicked(message(&*panic)));
        }
        let verdict = self.poll_future(context);
        if verdict.is_none()
            && let Some(timeout) = timeout
        {
            self.timer = Some(Box::pin(sleep(timeout)));
            return self.poll_timeout(timeout, context);
        }
        verdict
    }

    pub(super) fn poll(&mut self, timeout: Option<Duration>, context: &mut Context<'_>) -> Option<Verdict<F::Output>> {
        let verdict = self.poll_future(context);
        match timeout {
            Some(timeout) if verdict.is_none() => self.poll_timeout(timeout, context),
            _ => {
                self.timer = None;
                verdict
            }
        }
    }

    /// Rests until the wait is over; the slot's waker is woken then.
    pub(super) fn rest(&mut self, wait: Duration, context: &mut Context<'_>) {
        self.resting = true;
        let mut timer = Box::pin(sleep(wait));
        if timer.as_mut().poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
        self.timer = Some(timer);
    }

    pub(super) fn is_resting(&self) -> bool {
        self.resting
    }

    /// Whether the rest is over: said once.
    pub(super) fn has_rested(&mut self, context: &mut Context<'_>) -> bool {
        let over =
            self.timer.as_mut().is_some_and(|timer| timer.is_elapsed() || timer.as_mut().poll(context).is_ready());
        if over {
            self.timer = None;
        }
        over
    }

    /// A future that ended is dropped at once, under the same guard: its destructor may panic too.
    fn poll_future(&mut self, context: &mut Context<'_>) -> Option<Verdict<F::Output>> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let future = self.future.as_mut().as_pin_mut().expect("an occupied slot is polled");
            let polled = future.poll(context);
            if polled.is_ready() {
                self.future.set(None);
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(output)) => Some(Verdict::Ready(output)),
            Err(panic) => {
                self.clear();
                Some(Verdict::Panicked(message(&*panic)))
            }
        }
    }

    fn poll_timeout(&mut self, timeout: Duration, context: &mut Context<'_>) -> Option<Verdict<F::Output>> {
        let over = self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready());
        over.then(|| {
            self.clear();
            Verdict::TimedOut(timeout)
        })
    }
}

impl<F> Slot<F> {
    fn clear(&mut self) {
        self.timer = None;
        let _ = catch_unwind(AssertUnwindSafe(|| self.future.set(None)));
    }
}

/// A window dropped in the middle drops many futures: one that panics must not take the others with it.
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

use super::{slot::Slot, slots::Slots};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// The time-out of a window's futures. One timer does for all: it is set to the first deadline, and
/// most futures are long done when it is reached. So waiting costs a future no timer and no look at
/// the clock of its own.
pub(super) struct Deadlines {
    timeout: Option<Duration>,
    /// Places whose futures began to wait in this turn.
    fresh: Vec<usize>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadlines {
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self { timeout, fresh: Vec::new(), timer: None }
    }

    /// The future at this place has to wait.
    pub(super) fn begun(&mut self, at: usize) {
        if self.timeout.is_some() {
            self.fresh.push(at);
        }
    }

    /// The places whose time is over.
    pub(super) fn over<F: Future>(
        &mut self,
        slots: &mut Slots<Slot<F>>,
        task: &mut Context<'_>,
    ) -> Vec<usize> {
        let mut over = Vec::new();
        let Some(timer) = &mut self.timer else { return over };
        if timer.as_mut().poll(task).is_pending() {
            return over;
        }
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        for at in slots.occupied() {
            match slots.get(at).0.deadline {
                Some(deadline) if deadline <= now => over.push(at),
                Some(deadline) => next = Some(next.map_or(deadline, |next| next.min(deadline))),
                None => {}
            }
        }
        self.timer = None;
        next.into_iter().for_each(|next| self.set_timer(next, task));
        over
    }

    /// Ends the turn: what began to wait in it has its deadline from now on.
    pub(super) fn set<F: Future>(&mut self, slots: &mut Slots<Slot<F>>, task: &mut Context<'_>) {
        if let Some(timeout) = self.timeout
            && !self.fresh.is_empty()
        {
            // Later than any bound is as good as never.
            let Some(deadline) = Instant::now().checked_add(timeout) else {
                return self.fresh.clear();
            };
            self.fresh.drain(..).for_each(|at| slots.get(at).0.deadline = Some(deadline));
            if self.timer.is_none() {
                self.set_timer(deadline, task);
            }
        }
    }

    fn set_timer(&mut self, deadline: Instant, task: &mut Context<'_>) {
        let timer = self.timer.insert(Box::pin(sleep_until(deadline)));
        if timer.as_mut().poll(task) == Poll::Ready(()) {
            task.waker().wake_by_ref();
        }
    }
}

//! Drops a future after a number of polls: at any of its awaits, whatever it waits for there.

use std::{
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio::sync::oneshot;

/// Drops the future it [guards](Self::guard) some polls after it was lit. Cloning shares it.
#[derive(Clone, Default)]
pub(super) struct Fuse(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lit: Option<Lit>,
    waker: Option<Waker>,
}

struct Lit {
    polls: u64,
    before: Box<dyn FnOnce() + Send>,
    dropped: oneshot::Sender<()>,
}

impl Fuse {
    /// The future, until it is dropped; from then on this one is never ready.
    pub(super) fn guard<F: Future + Send>(
        &self,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + use<F> {
        let fuse = self.clone();
        let mut future = Some(Box::pin(future));
        poll_fn(move |cx| {
            if let Some(Lit { before, dropped, .. }) = fuse.burnt_down(cx) {
                before();
                future = None;
                let _ = dropped.send(());
            }
            future.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(cx))
        })
    }

    /// The future gets exactly so many polls more and is dropped then; `before` is called in that
    /// moment. Says when it has happened.
    pub(super) fn light(
        &self,
        polls: u64,
        before: impl FnOnce() + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let (dropped, when) = oneshot::channel();
        self.state().lit = Some(Lit { polls, before: Box::new(before), dropped });
        self.poke();
        when
    }

    /// Has the future polled though nothing woke it, as it is in a `select!`; only once the fuse is
    /// lit, so that no wake-up it needs is replaced before.
    pub(super) fn poke(&self) {
        let waker = {
            let mut state = self.state();
            if state.lit.is_some() { mem::take(&mut state.waker) } else { None }
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn burnt_down(&self, cx: &Context<'_>) -> Option<Lit> {
        let mut state = self.state();
        state.waker = Some(cx.waker().clone());
        match &mut state.lit {
            Some(Lit { polls: 0, .. }) => state.lit.take(),
            Some(lit) => {
                lit.polls -= 1;
                None
            }
            None => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::test]
async fn the_future_gets_so_many_polls_and_no_more() {
    let fuse = Fuse::default();
    let mut polls = 0;
    let counting = poll_fn(|_| {
        polls += 1;
        Poll::<()>::Pending
    });
    let mut guarded = Box::pin(fuse.guard(counting));
    assert!(futures::poll!(&mut guarded).is_pending());
    let mut dropped = fuse.light(2, || {});
    for _ in 0..2 {
        assert!(futures::poll!(&mut guarded).is_pending());
        assert!(dropped.try_recv().is_err());
    }
    for _ in 0..2 {
        assert!(futures::poll!(&mut guarded).is_pending());
    }
    assert_eq!(dropped.try_recv(), Ok(()));
    drop(guarded);
    assert_eq!(polls, 3);
}

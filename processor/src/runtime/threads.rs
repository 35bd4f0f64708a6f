use std::{
    collections::VecDeque,
    fmt, io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// The pipeline's own threads for decoding.
///
/// Decoding neither sits on the runtime's workers (it would hold up the processors) nor on its
/// blocking pool (whose threads processors may need, so that both would wait for each other). A
/// step never waits for anything.
#[derive(Clone)]
pub(crate) struct Threads {
    steps: Option<Arc<Asked>>,
}

/// The sending side; the threads end when it is gone.
struct Asked(Arc<Steps>);

/// Steps nobody has begun. A channel behind a lock would wake two threads for each.
#[derive(Default)]
struct Steps {
    waiting: Mutex<Queued>,
    more: Condvar,
}

#[derive(Default)]
struct Queued {
    steps: VecDeque<Work>,
    closed: bool,
}

impl Threads {
    /// So many threads; they end when the last clone is dropped.
    pub(super) fn start(threads: usize) -> io::Result<Self> {
        let asked = Asked(Arc::default());
        for n in 0..threads.max(1) {
            let steps = Arc::clone(&asked.0);
            thread::Builder::new()
                .name(format!("s3-sqs-decode-{n}"))
                .spawn(move || steps.work())?;
        }
        Ok(Self { steps: Some(Arc::new(asked)) })
    }

    /// Steps run where they are asked for.
    pub(super) fn inline() -> Self {
        Self { steps: None }
    }

    /// Runs one step on a decoder thread; `None` if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let Some(Asked(steps)) = self.steps.as_deref() else { return Some(step()) };
        let (sender, receiver) = oneshot::channel();
        steps.waiting().steps.push_back(Box::new(move || drop(sender.send(step()))));
        steps.more.notify_one();
        receiver.await.ok()
    }
}

impl Steps {
    fn work(&self) {
        while let Some(step) = self.next() {
            // A panic loses its own object (the waiting side sees the answer's sender dropped), not
            // the thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step));
        }
    }

    /// The step that waits longest; `None` when there will be no more.
    fn next(&self) -> Option<Work> {
        let idle = |waiting: &mut Queued| waiting.steps.is_empty() && !waiting.closed;
        let waiting = self.more.wait_while(self.waiting(), idle);
        waiting.unwrap_or_else(PoisonError::into_inner).steps.pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, Queued> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.waiting().closed = true;
        self.0.more.notify_all();
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("threads", &self.steps.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::resume_unwind;

    #[tokio::test]
    async fn steps_run_on_threads_of_their_own_and_bring_their_result() {
        let threads = Threads::start(2).unwrap();
        let name = threads.run(|| thread::current().name().map(str::to_owned)).await.flatten();
        assert!(name.is_some_and(|name| name.starts_with("s3-sqs-decode-")));
        let steps = (0..100).map(|n| threads.run(move || n * n));
        let squares = futures::future::join_all(steps).await;
        assert_eq!(squares, (0..100).map(|n| Some(n * n)).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn trap_50_a_step_that_panics_loses_itself_and_not_the_thread() {
        let threads = Threads::start(1).unwrap();
        for n in 0..3 {
            assert_eq!(threads.run(|| resume_unwind(Box::new("told to panic"))).await, None::<()>);
            assert_eq!(threads.run(move || n).await, Some(n));
        }
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_clone() {
        let threads = Threads::start(2).unwrap();
        let alive = Arc::new(());
        let held = Arc::downgrade(&alive);
        let (began, has_begun) = oneshot::channel();
        let (go, may_go) = std::sync::mpsc::channel::<()>();
        let clone = threads.clone();
        let step = tokio::spawn(async move {
            clone.run(move || (began.send(()).is_ok(), may_go.recv().is_err(), drop(alive))).await
        });
        has_begun.await.unwrap();
        drop(threads);
        drop(go);
        assert_eq!(step.await.unwrap(), Some((true, true, ())));
        assert!(held.upgrade().is_none());
    }

    #[tokio::test]
    async fn in_a_simulation_steps_run_where_they_are_asked_for() {
        let here = thread::current().id();
        assert_eq!(Threads::inline().run(|| thread::current().id()).await, Some(here));
    }
}

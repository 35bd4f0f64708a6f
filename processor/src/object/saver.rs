//! Writes what is settled, so that it is not done again: now and then while an object is worked on,
//! and before its message goes back. Never faster than a store should be asked, and never for long.

use super::saving::{Open, Saving};
use crate::{
    config::queue_name,
    port::{ProgressError, ProgressTag, Progresses},
    progress::{Identity, Saved},
    runtime::{Shared, report::progress as report},
};
use futures::FutureExt;
use std::{
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::MutexGuard,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// A process begins at most ten saves a second.
const BETWEEN_SAVES: Duration = Duration::from_millis(100);
/// So long a release waits for what it has to save, and an object for what it has to load.
const PATIENCE: Duration = Duration::from_secs(5);
/// A drain may end at any time: while it lasts, the interval is no longer than this.
const DRAINING: Duration = Duration::from_secs(1);
/// So often a save is tried where somebody else writes, too.
const TRIES: usize = 3;

/// Loads and saves the progress of a pipeline's objects.
pub(crate) struct Saver {
    store: Box<dyn Progresses>,
    every: Duration,
    /// Account and name.
    queue: String,
    names: Arc<[String]>,
    open: Arc<Open>,
    /// When the next save may begin.
    next: Mutex<Instant>,
    shared: Shared,
}

impl Saver {
    pub(crate) fn new(
        store: Box<dyn Progresses>,
        every: Duration,
        queue_url: &str,
        names: Arc<[String]>,
        shared: Shared,
    ) -> Self {
        let (open, next) = (Arc::default(), Mutex::new(Instant::now()));
        Self { store, every, queue: queue_name(queue_url), names, open, next, shared }
    }

    /// The queue, as identities name it.
    pub(super) fn queue(&self) -> &str {
        &self.queue
    }

    /// An object begins to be worked on.
    pub(super) fn begin(&self, identity: Identity) -> Arc<Saving> {
        Saving::new(identity, Arc::clone(&self.names), &self.open)
    }

    /// Saves what is new of the objects that are worked on for longer than the interval.
    pub(super) async fn run(self: Arc<Self>) {
        let drain = &self.shared.signals.drain;
        let mut saves = JoinSet::new();
        loop {
            let draining = drain.is_cancelled();
            let every = if draining { self.every.min(DRAINING) } else { self.every };
            let next = self.open.next_due(every);
            tokio::select! {
                biased;
                () = drain.cancelled(), if !draining => continue,
                () = self.open.first(), if next.is_none() => continue,
                Some(_) = saves.join_next(), if !saves.is_empty() => continue,
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
            for saving in self.open.due(every) {
                // Fewer than a second's worth wait here, whoever else saves meanwhile.
                if saving.progress.has_news()
                    && let Some(at) = self.reserve(Duration::MAX)
                {
                    sleep_until(at).await;
                    let saver = Arc::clone(&self);
                    saves.spawn(async move {
                        let stored = saving.stored.lock().await;
                        if saving.may_be_saved() {
                            saver.save(&saving, stored).await;
                        }
                    });
                }
            }
        }
    }

    /// When a save may begin, if that is soon enough.
    fn reserve(&self, patience: Duration) -> Option<Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let at = now.max(*next);
        if at - now > patience {
            return None;
        }
        *next = at + BETWEEN_SAVES;
        Some(at)
    }

    /// Learns what earlier deliveries settled. Whatever goes wrong: then nothing is known to be.
    pub(super) async fn load(&self, saving: &Saving) {
        let mut stored = saving.stored.lock().await;
        match self.asked(self.store.load(saving.name())).await {
            Ok(None) => {}
            Ok(Some((bytes, tag))) => {
                *stored = Some(tag);
                saving.was_stored();
                self.add(saving, &bytes);
                saving.progress.all_saved();
            }
            Err(error) => {
                let of = saving.progress.identity();
                report::failed(&self.shared.counters, "loaded", of, &error);
            }
        }
    }

    fn add(&self, saving: &Saving, bytes: &[u8]) {
        let (counters, of) = (&self.shared.counters, saving.progress.identity());
        match Saved::from_bytes(bytes) {
            Ok(saved) if saving.progress.add(&saved) => {
                report::loaded(counters, of, saving.progress.known());
            }
            Ok(_) => report::unusable(counters, of, &"it is of something else"),
            Err(wrong) => report::unusable(counters, of, &wrong),
        }
    }

    /// Saves what is settled, before the message goes back; drops what turned out not to hold.
    /// Whatever that waits for (its turn, another save, an answer), it waits no longer than so.
    pub(super) async fn before_release(&self, saving: &Saving) {
        let write = async {
            if saving.progress.is_spoiled() {
                return self.forget(saving).await;
            }
            if saving.progress.has_news()
                && let Some(at) = self.reserve(PATIENCE)
            {
                sleep_until(at).await;
                let stored = saving.stored.lock().await;
                saving.was_stored();
                self.save(saving, stored).await;
            }
        };
        if timeout(PATIENCE, write).await.is_err() {
            let of = saving.progress.identity();
            let late = format!("its message goes back after {PATIENCE:?}");
            report::failed(&self.shared.counters, "saved", of, &late);
        }
    }

    async fn save(&self, saving: &Saving, mut stored: MutexGuard<'_, Option<ProgressTag>>) {
        let (counters, of) = (&self.shared.counters, saving.progress.identity());
        for _ in 0..TRIES {
            let Some(snapshot) = saving.progress.snapshot() else { return };
            let save = self.store.save(saving.name(), snapshot.bytes.into(), stored.as_ref());
            match self.asked(save).await {
                Ok(tag) => {
                    *stored = Some(tag);
                    saving.progress.saved(snapshot.verdicts);
                    return report::saved(counters, of, snapshot.verdicts);
                }
                Err(error) if error.is_conflict() => {
                    counters.progress.conflicts.add(1);
                    match self.asked(self.store.load(saving.name())).await {
                        Ok(found) => {
                            let (bytes, tag) = found.unzip();
                            *stored = tag;
                            bytes.iter().for_each(|bytes| self.add(saving, bytes));
                        }
                        Err(error) => return report::failed(counters, "loaded", of, &error),
                    }
                }
                Err(error) => return report::failed(counters, "saved", of, &error),
            }
        }
    }

    /// Deletes what is stored, if anything may be.
    pub(super) async fn forget(&self, saving: &Saving) {
        if saving.is_stored() {
            let _one = saving.stored.lock().await;
            if let Err(error) = self.asked(self.store.delete(saving.name())).await {
                let of = saving.progress.identity();
                report::failed(&self.shared.counters, "deleted", of, &error);
            }
        }
    }

    /// A store that never answers, or panics, has failed.
    async fn asked<T>(
        &self,
        request: impl Future<Output = Result<T, ProgressError>>,
    ) -> Result<T, ProgressError> {
        let answer = timeout(PATIENCE, AssertUnwindSafe(request).catch_unwind()).await;
        let late = |_| ProgressError::failed(format!("no answer for {PATIENCE:?}"));
        answer.map_err(late)?.unwrap_or_else(|_| Err(ProgressError::failed("the store panicked")))
    }
}

impl fmt::Debug for Saver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saver").field("queue", &self.queue).finish_non_exhaustive()
    }
}

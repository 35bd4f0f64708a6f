use crate::{
    port::ProgressTag,
    progress::{Identity, Progress},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::Instant,
};

/// The progress of one object, and what is known of how it is stored.
pub(crate) struct Saving {
    pub(crate) progress: Progress,
    name: OnceLock<String>,
    /// What it was last seen to be stored as. Whoever asks the store for it holds this: one request
    /// at a time.
    pub(super) stored: AsyncMutex<Option<ProgressTag>>,
    /// Something was stored under its name, or may have been.
    is_stored: AtomicBool,
    /// The work on the object has ended.
    has_ended: AtomicBool,
    number: u64,
    open: Arc<Open>,
}

/// All that are worked on.
#[derive(Default)]
pub(super) struct Open {
    all: Mutex<All>,
    first: Notify,
}

#[derive(Default)]
struct All {
    /// By number, each with the time when it was begun or looked at last.
    by_number: BTreeMap<u64, (Instant, Weak<Saving>)>,
    next: u64,
}

impl Saving {
    pub(super) fn new(identity: Identity, names: Arc<[String]>, open: &Arc<Open>) -> Arc<Self> {
        let mut all = open.all();
        all.next += 1;
        let number = all.next;
        let saving = Arc::new(Self {
            progress: Progress::new(identity, names),
            name: OnceLock::new(),
            stored: AsyncMutex::default(),
            is_stored: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
            number,
            open: Arc::clone(open),
        });
        if all.by_number.is_empty() {
            open.first.notify_one();
        }
        all.by_number.insert(number, (Instant::now(), Arc::downgrade(&saving)));
        drop(all);
        saving
    }

    /// The name under which it is stored.
    pub(super) fn name(&self) -> &str {
        self.name.get_or_init(|| self.progress.identity().name())
    }

    /// Something is stored under its name, or may be.
    pub(super) fn is_stored(&self) -> bool {
        self.is_stored.load(SeqCst)
    }

    pub(super) fn was_stored(&self) {
        self.is_stored.store(true, SeqCst);
    }

    /// The work on the object has ended: from here on it is saved only because its message goes
    /// back. Whoever asks afterwards whether anything [is stored](Self::is_stored) misses no save.
    pub(super) fn end(&self) {
        self.has_ended.store(true, SeqCst);
    }

    /// It is about to be saved because it is worked on: whether it still is.
    pub(super) fn may_be_saved(&self) -> bool {
        self.was_stored();
        !self.has_ended.load(SeqCst)
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        self.open.all().by_number.remove(&self.number);
    }
}

impl Open {
    /// Ends when there is one where there was none.
    pub(super) async fn first(&self) {
        self.first.notified().await;
    }

    /// When the next is due to be looked at; `None` if there is none.
    pub(super) fn next_due(&self, every: Duration) -> Option<Instant> {
        self.all().by_number.values().map(|(last, _)| *last + every).min()
    }

    /// Those that were not looked at for so long, the longest first. They count as looked at.
    pub(super) fn due(&self, every: Duration) -> Vec<Arc<Saving>> {
        let (mut all, now) = (self.all(), Instant::now());
        let due = all.by_number.values_mut().filter(|(last, _)| *last + every <= now);
        let mut due: Vec<_> = due
            .filter_map(|(last, saving)| Some((std::mem::replace(last, now), saving.upgrade()?)))
            .collect();
        // Not before: the last handle on one that is dropped here would want the lock.
        drop(all);
        due.sort_by_key(|(last, _)| *last);
        due.into_iter().map(|(_, saving)| saving).collect()
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

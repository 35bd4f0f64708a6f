//! A list of objects as the source of work: the smallest thing that a pipeline can consume.

mod source;
mod state;

pub(crate) use state::Standing;

use super::{Announced, Trace};
use crate::source::{OpenSource, Source};
use source::ListSource;
use state::State;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// How a list is worked off.
#[derive(Debug, Clone)]
pub(crate) struct ListSettings {
    /// How many entries are handed out at once, at the most.
    pub(crate) slots: usize,
    /// How often an entry is handed out, at the most.
    pub(crate) tries: u32,
    /// How long an entry that was not done stays away.
    pub(crate) delay: Duration,
    pub(crate) drain_timeout: Duration,
}

/// A list of objects. An entry is one object or several, and is done when all of them are. Cloning
/// shares it.
///
/// It notes in the trace what a queue would: that an entry is handed out, deleted when it is done,
/// comes back, or was tried too often.
#[derive(Debug, Clone)]
pub(crate) struct ObjectList(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: ListSettings,
    state: Mutex<State>,
    /// There is an entry more.
    added: Notify,
    trace: Trace,
}

impl ObjectList {
    pub(crate) fn new(settings: ListSettings, trace: Trace) -> Self {
        let (state, added) = (Mutex::default(), Notify::new());
        Self(Arc::new(Inner { settings, state, added, trace }))
    }

    /// Adds an entry; the name it goes by comes back.
    pub(crate) fn add(&self, objects: &[Announced]) -> String {
        let name = self.state().add(objects);
        self.0.added.notify_one();
        name
    }

    /// Opens the list for one more consumer.
    pub(crate) fn open(&self) -> OpenSource {
        let by = self.state().new_consumer();
        let list = self.clone();
        Box::new(move || {
            Box::pin(async move { Box::new(ListSource::new(list, by)) as Box<dyn Source> })
        })
    }

    /// What became of each entry, in their order.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.state().standings()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

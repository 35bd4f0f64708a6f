//! A list of objects as the source of work: the smallest thing that a pipeline can consume.

mod inner;
mod source;
mod state;

pub(crate) use inner::ListSettings;
pub(crate) use state::Standing;

use super::{Announced, Trace};
use crate::source::{OpenSource, Source};
use inner::Inner;
use source::ListSource;
use std::sync::Arc;

/// A list of objects. An entry is one object or several, and is done when all of them are. Cloning
/// shares it.
///
/// It notes in the trace what a queue would: that an entry is handed out, deleted when it is done,
/// comes back, or was tried too often.
#[derive(Debug, Clone)]
pub(crate) struct ObjectList(Arc<Inner>);

impl ObjectList {
    pub(crate) fn new(settings: ListSettings, trace: Trace) -> Self {
        Self(Arc::new(Inner::new(settings, trace)))
    }

    /// Adds an entry of one object or several; the name it goes by comes back.
    pub(crate) fn add(&self, objects: &[Announced]) -> String {
        assert!(!objects.is_empty(), "an entry without objects would never end");
        let name = self.0.state().add(objects);
        self.0.added.notify_one();
        name
    }

    /// Opens the list for one more consumer.
    pub(crate) fn open(&self) -> OpenSource {
        let by = self.0.state().new_consumer();
        let list = Arc::clone(&self.0);
        Box::new(move || {
            Box::pin(async move { Ok(Box::new(ListSource::new(list, by)) as Box<dyn Source>) })
        })
    }

    /// What became of each entry, in their order.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.0.state().standings()
    }
}

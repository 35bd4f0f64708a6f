use super::{
    collecting::Collecting, engine::Engine, name::Name, saving::Saving, siblings::Siblings,
};
use crate::{
    job::MessageInfo, notification::NotifiedObject, route::Treatment, runtime::Stop,
    stats::Counters,
};
use std::sync::Arc;
use tracing::Span;

/// The work on one object of a message, from its beginning.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) engine: Arc<Engine>,
    pub(super) message: Arc<MessageInfo>,
    pub(super) notified: Arc<NotifiedObject>,
    pub(super) treatment: Arc<Treatment>,
    /// Cancelled when the work on the message has become pointless.
    pub(super) cancel: Stop,
    /// A child of it, for this attempt: an object that fails too often stops by itself, and the
    /// others of its message go on.
    pub(super) stop: Stop,
    /// How often it was begun anew, because it was held or is to be collected from.
    pub(super) held: u32,
    /// What is settled of it, from when it was first opened on.
    pub(super) saving: Option<Arc<Saving>>,
    pub(super) siblings: Arc<Siblings>,
    /// Its records are settled, and it is read for those that are to be put aside.
    pub(super) collecting: Option<Arc<Collecting>>,
    pub(super) span: Span,
}

impl Task {
    /// The next attempt.
    pub(super) fn anew(self) -> Self {
        Self { stop: self.cancel.child(), held: self.held + 1, ..self }
    }

    /// The ETag that it has to have, where any other makes it another object.
    pub(super) fn wanted_etag(&self) -> Option<&str> {
        let replayed = self.notified.replay.as_ref().and(self.notified.etag.as_deref());
        self.collecting.as_ref().map(|collecting| collecting.etag()).or(replayed)
    }

    pub(super) fn name(&self) -> Name {
        let message_id = Arc::clone(&self.message.message_id);
        Name { message_id, notified: Arc::clone(&self.notified) }
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.engine.shared.counters
    }
}

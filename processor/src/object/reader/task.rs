use super::name::Name;
use crate::{
    job::MessageInfo, notification::NotifiedObject, object::engine::Engine, stats::Counters,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The work on one object of a message.
pub(in crate::object) struct Task {
    pub(in crate::object) engine: Arc<Engine>,
    pub(in crate::object) message: Arc<MessageInfo>,
    pub(in crate::object) stop: CancellationToken,
    pub(in crate::object) notified: Arc<NotifiedObject>,
}

impl Task {
    pub(super) fn name(&self) -> Name {
        Name(Arc::clone(&self.notified))
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.engine.shared.counters
    }
}

//! What goes between a source and the object side: jobs one way, the end of each object back.

mod lease_view;
mod ticket;

pub(crate) use lease_view::LeaseView;
pub(crate) use ticket::{ObjectEnded, Ticket};

use crate::{notification::NotifiedObject, tracking::MessageKey};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The work of one message, as the control thread hands it to the user's runtime.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) message: Arc<MessageInfo>,
    pub(crate) objects: Vec<(NotifiedObject, Ticket)>,
    pub(crate) cancel: CancellationToken,
}

/// What the work on a message needs to know of it.
#[derive(Debug)]
pub(crate) struct MessageInfo {
    pub(crate) key: MessageKey,
    pub(crate) message_id: String,
    pub(crate) receive_count: u32,
    pub(crate) lease: Arc<LeaseView>,
    /// From receive to end.
    pub(crate) span: tracing::Span,
}

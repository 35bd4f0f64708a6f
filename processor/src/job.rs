//! What goes between a source and the object side: jobs one way, the end of each object back.

mod lease_view;
mod routed;
mod ticket;

pub(crate) use lease_view::LeaseView;
pub(crate) use routed::Routed;
pub(crate) use ticket::{ObjectEnded, Ticket};

use crate::{
    notification::NotifiedObject,
    record::Message,
    route::Treatment,
    runtime::{Stop, Waiting},
};
use std::{
    sync::{Arc, OnceLock, atomic::AtomicUsize},
    time::{Duration, SystemTime},
};
use tokio::sync::watch;

/// The work of one message, as the control thread hands it to the user's runtime.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) message: Arc<MessageInfo>,
    pub(crate) objects: Vec<JobObject>,
    pub(crate) cancel: Stop,
}

/// One object of a message.
#[derive(Debug)]
pub(crate) struct JobObject {
    pub(crate) notified: NotifiedObject,
    pub(crate) treatment: Arc<Treatment>,
    pub(crate) ticket: Ticket,
    /// It counts as waiting for room until there is some.
    pub(crate) waiting: Waiting,
}

/// What the work on a message needs to know of it.
#[derive(Debug)]
pub(crate) struct MessageInfo {
    pub(crate) message_id: Arc<str>,
    /// What SQS told of it.
    pub(crate) told: Message,
    pub(crate) receive_count: u32,
    /// Two receives are left at most, this one included.
    pub(crate) is_late: bool,
    /// If it goes back once more it is dead: not before it was begun.
    pub(crate) is_last_chance: bool,
    pub(crate) lease: Arc<LeaseView>,
    /// How many of its objects are held by a breaker.
    pub(crate) parked: AtomicUsize,
    /// From the beginning of its work to its end.
    pub(crate) span: OnceLock<tracing::Span>,
    /// It was deleted, and that was confirmed.
    pub(crate) deleted: watch::Sender<bool>,
}

impl MessageInfo {
    /// How long it was on its way, if this is its first delivery.
    pub(crate) fn lag(&self) -> Option<Duration> {
        let sent_at = self.told.sent_at().filter(|_| self.receive_count == 1)?;
        SystemTime::now().duration_since(sent_at).ok()
    }
}

use super::{Answers, PortError};
use crate::{record::Told, tracking::Entry};
use futures::future::BoxFuture;
use std::time::Duration;

/// An SQS queue, or what behaves like one.
pub(crate) trait Queue: Send + Sync + 'static {
    /// Reads what the queue is set to.
    fn attributes(&self) -> BoxFuture<'_, Result<QueueAttributes, PortError>>;

    /// Receives messages, waiting for the first.
    fn receive(&self, receive: Receive) -> BoxFuture<'_, Result<Vec<Received>, PortError>>;

    /// Sets for each entry how long from now it stays invisible. At most ten entries.
    fn change_visibility(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>>;

    /// Deletes each entry. At most ten entries.
    fn delete(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>>;

    /// The queue's URL, for messages to people.
    fn url(&self) -> &str;
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receive {
    /// 1 to 10.
    pub(crate) max: usize,
    pub(crate) visibility_timeout: Duration,
    /// How long the service may wait for the first message, at most 20 s.
    pub(crate) wait: Duration,
}

/// A received message.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) receipt: String,
    pub(crate) body: String,
    /// How many times it was received, this time included.
    pub(crate) receive_count: u32,
    /// What else is told of it, by its id as well.
    pub(crate) told: Told,
}

/// What the queue is set to.
#[derive(Debug, Clone)]
pub(crate) struct QueueAttributes {
    pub(crate) visibility_timeout: Duration,
    /// After how many receives a message moves to the dead-letter queue; `None` without a redrive
    /// policy.
    pub(crate) max_receives: Option<u32>,
}

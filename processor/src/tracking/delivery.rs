use std::time::Duration;

/// A message as it was received, and what is to be done about it.
#[derive(Debug)]
pub(crate) struct Delivery<J> {
    pub(crate) message_id: String,
    pub(crate) receipt: String,
    /// How long it stays away from its verdict if something of it fails.
    pub(crate) failure_delay: Duration,
    pub(crate) disposition: Disposition<J>,
}

/// What is to be done about a received message.
#[derive(Debug)]
pub(crate) enum Disposition<J> {
    /// So many objects are to be processed; none of them is nothing to do.
    Objects { count: usize, job: J },
    /// Nothing to do (a test event, other event kinds): delete it.
    Nothing,
    /// It cannot be understood: leave it.
    Unreadable,
    /// The pipeline is stopping: give it back.
    HandBack,
}

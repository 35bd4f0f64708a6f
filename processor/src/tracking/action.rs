use std::{fmt, time::Duration};

/// Names a message the tracker holds; never used twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageKey(pub(super) u64);

impl MessageKey {
    /// For those who number what they hold themselves.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m{}", self.0)
    }
}

/// How the work on one object of a message ended. Whatever it is, nothing of it runs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObjectEnd {
    /// Every record was settled done by every processor, and the object was read to its end.
    Done,
    /// A record failed, or the object could not be read to its end; somebody asks for that much
    /// delay.
    Failed { retry_after: Option<Duration> },
    /// Given up without fault of its own: the lease was lost, or the pipeline is stopping.
    Cancelled,
    /// Never begun, because the pipeline is stopping.
    NotStarted,
}

/// What to ask of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Request {
    Extend,
    Release,
    Delete,
}

/// One message's part in a batch request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: MessageKey,
    /// Which delivery of the message the receipt is of.
    pub(crate) delivery: u32,
    pub(crate) receipt: String,
    /// The new visibility timeout from when the request arrives; nothing for a delete.
    pub(crate) term: Duration,
}

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The service confirmed it.
    Done,
    /// The receipt is stale or the message is not in flight: the lease is lost.
    Lost,
    /// The service refused it for now; it did not take effect.
    Refused,
    /// Nobody answered: it may have taken effect, or may still.
    Unanswered,
}

/// What the driver has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action<J> {
    /// Begin the work on this message: once for a delivery, and never while earlier work runs.
    Start { key: MessageKey, job: J },
    /// Tell the work on this message to stop.
    Cancel { key: MessageKey },
    /// Send this batch and report each entry's [`Answer`], with the moment it was sent.
    Send { request: Request, entries: Vec<Entry> },
    /// The message's one end: its slot is free.
    End { key: MessageKey, message_id: String, outcome: Outcome, held: Duration },
}

/// How a message ended here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The service confirmed its deletion.
    Deleted,
    /// Handed back: visible again after the delay.
    Released(Duration),
    /// It cannot be understood; left to its visibility timeout and the redrive policy.
    Kept,
    /// Another consumer may have it by now.
    LeaseLost,
    /// A request was not answered, which makes a release unsafe: its visibility timeout brings it
    /// back.
    LeftToTimeOut,
    /// Work blocked a thread past the end of the drain; neither released nor deleted.
    Abandoned,
}

use super::Op;
use crate::port::PortErrorKind;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What happened, and when, in the order it happened. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: Instant,
    events: Mutex<Vec<(Duration, Event)>>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request left the consumer; the receipts it is about.
    Asked { op: Op, about: Vec<String> },
    /// A message was sent to the queue.
    Sent { message: String },
    /// A message was handed out, invisible for so long.
    Received { message: String, receipt: String, count: u32, term: Duration },
    /// A visibility timeout was to be changed.
    Changed { receipt: String, term: Duration, verdict: Verdict },
    /// A message was to be deleted.
    Deleted { receipt: String, verdict: Verdict },
    /// A message was received too often.
    Dead { message: String },
    /// A whole request was refused.
    Refused { op: Op, kind: PortErrorKind },
    /// Nobody will answer a request.
    Silent { op: Op },
    /// An object was asked for.
    Opened { object: String },
    /// A processor got a record.
    Began { processor: String, object: String, index: u64 },
    /// A processor was done with a record.
    Settled { processor: String, object: String, index: u64, ok: bool },
}

/// What the service made of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// Answered as done, without effect: a delete by a stale receipt.
    Ignored,
    Stale,
    NotInFlight,
    /// Beyond the 12 hours.
    TooLong,
    Refused,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { origin: Instant::now(), events: Mutex::default() }))
    }

    pub(crate) fn note(&self, event: Event) {
        let at = self.0.origin.elapsed();
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).push((at, event));
    }

    pub(crate) fn events(&self) -> Vec<(Duration, Event)> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many events are like this.
    pub(crate) fn count(&self, like: impl Fn(&Event) -> bool) -> usize {
        self.events().iter().filter(|(_, event)| like(event)).count()
    }

    /// How many requests of this kind left the consumer.
    pub(crate) fn asked(&self, kind: Op) -> usize {
        self.count(|event| matches!(event, Event::Asked { op, .. } if *op == kind))
    }

    /// When the events like this happened.
    pub(crate) fn times(&self, like: impl Fn(&Event) -> bool) -> Vec<Duration> {
        self.events().into_iter().filter(|(_, event)| like(event)).map(|(at, _)| at).collect()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.events().iter().try_for_each(|(at, event)| writeln!(f, "{:>10.3} {event:?}", at.as_secs_f64()))
    }
}

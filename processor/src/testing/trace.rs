use super::{ObjectFault, Op};
use crate::port::PortErrorKind;
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What happened, and when, in the order it happened. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Trace(Arc<Inner>);

struct Inner {
    origin: Instant,
    events: Mutex<Vec<(Duration, Event)>>,
    noted: AtomicUsize,
    is_forgetful: bool,
    watchers: Mutex<Vec<Watcher>>,
}

/// Somebody who is told of each event as it happens.
type Watcher = Box<dyn Fn(Duration, &Event) + Send + Sync>;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request left this consumer; the receipts it is about.
    Asked { op: Op, by: u32, about: Vec<String> },
    /// A message was sent to the queue.
    Sent { message: String },
    /// A message was handed out to this consumer, invisible for so long; `again`: although it was
    /// in flight.
    Received { message: String, by: u32, receipt: String, count: u32, term: Duration, again: bool },
    /// A visibility timeout was to be changed.
    Changed { receipt: String, term: Duration, verdict: EntryResult },
    /// A message was to be deleted.
    Deleted { receipt: String, verdict: EntryResult },
    /// A message was received too often.
    Dead { message: String },
    /// A whole request was refused.
    Refused { op: Op, kind: PortErrorKind, about: Vec<String> },
    /// Nobody will answer a request, whether it took effect or not. A receive is about what it
    /// would have brought.
    Silent { op: Op, about: Vec<String>, effect: bool },
    /// A receive was answered with nothing, whatever was visible.
    Empty,
    /// A request was answered, or is no longer waited for; `late`: the answer took long.
    Over { op: Op, about: Vec<String>, late: bool },
    /// An object was asked for.
    Opened { object: String },
    /// The request for an object was answered, or is no longer waited for.
    Answered { object: String },
    /// An object's body begins to come, at this byte.
    Body { object: String, from: u64 },
    /// An object's body came to its end, or is no longer read.
    Closed { object: String },
    /// Something goes wrong with a request for an object, or with its body.
    Struck { object: String, fault: ObjectFault },
    /// An object was deleted or tagged, which had this ETag when it was read.
    Finished { object: String, etag: String },
    /// A processor got a record.
    Began { processor: String, object: String, index: u64 },
    /// A processor was done with a record.
    Settled { processor: String, object: String, index: u64, ok: bool },
}

/// What the service made of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryResult {
    Done,
    /// Answered as done, without effect: a delete by a stale receipt.
    Ignored,
    Stale,
    NotInFlight,
    /// Beyond the 12 hours.
    TooLong,
    Refused,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self::remembering(true)
    }

    /// Counts events and tells its watcher of them, and keeps none. Queues and stores with such a
    /// trace forget as well: the messages that are gone, and what was read.
    pub(crate) fn forgetful() -> Self {
        Self::remembering(false)
    }

    fn remembering(remembers: bool) -> Self {
        Self(Arc::new(Inner {
            origin: Instant::now(),
            events: Mutex::default(),
            noted: AtomicUsize::new(0),
            is_forgetful: !remembers,
            watchers: Mutex::default(),
        }))
    }

    pub(crate) fn is_forgetful(&self) -> bool {
        self.0.is_forgetful
    }

    /// How many events there were.
    pub(crate) fn noted(&self) -> usize {
        self.0.noted.load(Ordering::Relaxed)
    }

    /// Tells `watcher` of every event from now on. It may look at nothing that notes events.
    pub(crate) fn watch(&self, watcher: impl Fn(Duration, &Event) + Send + Sync + 'static) {
        self.watchers().push(Box::new(watcher));
    }

    /// How long it has been going on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.origin.elapsed()
    }

    pub(crate) fn note(&self, event: Event) {
        let at = self.elapsed();
        self.watchers().iter().for_each(|watcher| watcher(at, &event));
        self.0.noted.fetch_add(1, Ordering::Relaxed);
        if !self.0.is_forgetful {
            self.0.events.lock().unwrap_or_else(PoisonError::into_inner).push((at, event));
        }
    }

    fn watchers(&self) -> MutexGuard<'_, Vec<Watcher>> {
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.events()
            .iter()
            .try_for_each(|(at, event)| writeln!(f, "{:>10.3} {event:?}", at.as_secs_f64()))
    }
}

//! What is in flight: one entry per object being worked on, or waiting to be.
//!
//! Written by the readers; read by the duplicate check and by snapshots. Bounded by the message
//! slots.

use super::object::ObjectState;
use crate::{notification::NotifiedObject, tracking::ObjectEnd};
use dashmap::{DashMap, Entry};
use std::{
    collections::BTreeMap,
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// An object that is being worked on, as [`Handle::in_flight`](crate::Handle::in_flight) shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct InFlight {
    /// The message it belongs to.
    pub message_id: String,
    /// How many times that was received, this time included.
    pub receive_count: u32,
    /// The object's bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's version, where it was announced with one.
    pub version_id: Option<String>,
    /// Whether it was opened; before, it waits for room, or for the same object announced by
    /// another message.
    pub opened: bool,
    /// Records found so far.
    pub records: u64,
    /// Of these, how many each processor has settled.
    pub settled: BTreeMap<String, u64>,
    /// The processors that have not settled all records found so far.
    pub waiting_for: Vec<String>,
    /// Since when the work on it goes on.
    pub age: Duration,
    /// How long the message's lease surely lasts without a further extension.
    pub lease_left: Duration,
}

/// All objects in flight.
pub(crate) struct Registry {
    objects: DashMap<Id, Arc<Entered>>,
    processors: Vec<String>,
    unique: AtomicU64,
}

/// Same object: same bucket, key, version and ETag. Without an ETag nothing is the same.
#[derive(Debug, Clone)]
enum Id {
    Object(Arc<NotifiedObject>),
    Unique(u64),
}

struct Entered {
    message_id: String,
    receive_count: u32,
    notified: Arc<NotifiedObject>,
    since: Instant,
    lease: Arc<LeaseView>,
    state: OnceLock<Weak<ObjectState>>,
    ending: Ending,
}

/// How the work on an object ended, for those who wait for it. They are woken in the order in which
/// they began to wait: Tokio's `watch` channel wakes them at random, and who works on the object
/// next would differ from run to run of one seed.
#[derive(Clone, Default)]
pub(crate) struct Ending {
    end: Arc<OnceLock<ObjectEnd>>,
    over: CancellationToken,
}

impl Ending {
    /// Waits until the work has ended. `None`: it was given up without a word.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn wait(&self) -> Option<&ObjectEnd> {
        self.over.cancelled().await;
        self.end.get()
    }
}

/// The end of a message's lease, as far as the control thread last knew.
#[derive(Debug)]
pub(crate) struct LeaseView(Mutex<Instant>);

impl LeaseView {
    pub(crate) fn new(until: Instant) -> Self {
        Self(Mutex::new(until))
    }

    pub(crate) fn set(&self, until: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn left(&self) -> Duration {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.saturating_duration_since(Instant::now())
    }
}

/// What a claim on an object amounts to.
pub(crate) enum Claimed {
    /// Nobody else works on it.
    Ours(Claim),
    /// Somebody does: how that ends is told here. While the claim is kept, the object shows as
    /// waiting.
    Theirs(Ending, Claim),
}

/// The place of one object in the registry, until its work has ended.
pub(crate) struct Claim {
    registry: Arc<Registry>,
    id: Id,
    entered: Arc<Entered>,
}

impl Registry {
    pub(crate) fn new(processors: Vec<String>) -> Self {
        Self { objects: DashMap::new(), processors, unique: AtomicU64::new(0) }
    }

    pub(crate) fn claim(
        self: &Arc<Self>,
        message_id: &str,
        receive_count: u32,
        notified: &Arc<NotifiedObject>,
        lease: &Arc<LeaseView>,
    ) -> Claimed {
        let entered = Arc::new(Entered {
            message_id: message_id.to_owned(),
            receive_count,
            notified: Arc::clone(notified),
            since: Instant::now(),
            lease: Arc::clone(lease),
            state: OnceLock::new(),
            ending: Ending::default(),
        });
        let theirs = match self.objects.entry(self.id(notified)) {
            Entry::Occupied(held) => held.get().ending.clone(),
            Entry::Vacant(place) => {
                let id = place.key().clone();
                place.insert(Arc::clone(&entered));
                return Claimed::Ours(Claim { registry: Arc::clone(self), id, entered });
            }
        };
        let id = self.unique_id();
        self.objects.insert(id.clone(), Arc::clone(&entered));
        Claimed::Theirs(theirs, Claim { registry: Arc::clone(self), id, entered })
    }

    fn id(&self, notified: &Arc<NotifiedObject>) -> Id {
        match notified.etag.as_deref().filter(|etag| !etag.is_empty()) {
            Some(_) => Id::Object(Arc::clone(notified)),
            None => self.unique_id(),
        }
    }

    fn unique_id(&self) -> Id {
        Id::Unique(self.unique.fetch_add(1, Ordering::Relaxed))
    }

    /// What is in flight now, the oldest first.
    pub(crate) fn snapshot(&self) -> Vec<InFlight> {
        let mut all: Vec<_> = self.objects.iter().map(|entry| self.show(entry.value())).collect();
        all.sort_by(|a, b| {
            b.age.cmp(&a.age).then_with(|| (&a.bucket, &a.key).cmp(&(&b.bucket, &b.key)))
        });
        all
    }

    fn show(&self, entered: &Entered) -> InFlight {
        let state = entered.state.get().and_then(Weak::upgrade);
        let (records, settled) = state.as_ref().map_or((0, Vec::new()), |state| state.progress());
        let settled: BTreeMap<_, _> = self.processors.iter().cloned().zip(settled).collect();
        let waiting = self
            .processors
            .iter()
            .filter(|name| settled.get(*name).is_some_and(|count| *count < records));
        InFlight {
            message_id: entered.message_id.clone(),
            receive_count: entered.receive_count,
            bucket: entered.notified.bucket.clone(),
            key: entered.notified.key.clone(),
            version_id: entered.notified.version_id.clone(),
            opened: entered.state.get().is_some(),
            records,
            waiting_for: waiting.cloned().collect(),
            settled,
            age: entered.since.elapsed(),
            lease_left: entered.lease.left(),
        }
    }
}

impl Id {
    fn parts(&self) -> impl Eq + Hash + '_ {
        match self {
            Self::Object(notified) => {
                let NotifiedObject { bucket, key, version_id, etag, .. } = &**notified;
                (Some((bucket, key, version_id, etag)), 0)
            }
            Self::Unique(number) => (None, *number),
        }
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl Claim {
    /// The object was opened: from here on its progress shows.
    pub(crate) fn opened(&self, state: &Arc<ObjectState>) {
        let _ = self.entered.state.set(Arc::downgrade(state));
    }

    /// The work has ended, and whoever waits for it learns how.
    pub(crate) fn end(self, end: &ObjectEnd) {
        let _ = self.entered.ending.end.set(end.clone());
    }
}

/// Who waits looks at the registry again, so the place is free before they are told.
impl Drop for Claim {
    fn drop(&mut self) {
        self.registry.objects.remove_if(&self.id, |_, entered| Arc::ptr_eq(entered, &self.entered));
        self.entered.ending.over.cancel();
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn trap_07_an_object_is_the_same_by_bucket_key_version_and_etag_alone() {
        let registry = Registry::new(Vec::new());
        let notified = NotifiedObject {
            bucket: "b".into(),
            key: "k".into(),
            version_id: None,
            etag: Some("e".into()),
            size: Some(1),
            sequencer: Some("01".into()),
            event_time: Some("1970-01-01T00:00:00.000Z".into()),
            event_name: "ObjectCreated:Put".into(),
            region: None,
        };
        let again = NotifiedObject {
            size: Some(2),
            sequencer: Some("02".into()),
            event_time: None,
            event_name: "ObjectCreated:Copy".into(),
            region: Some("eu-west-1".into()),
            ..notified.clone()
        };
        let others = [
            NotifiedObject { bucket: "c".into(), ..notified.clone() },
            NotifiedObject { key: "l".into(), ..notified.clone() },
            NotifiedObject { version_id: Some("v".into()), ..notified.clone() },
            NotifiedObject { etag: Some("f".into()), ..notified.clone() },
            NotifiedObject { etag: None, ..notified.clone() },
        ];
        let id = |notified: &NotifiedObject| registry.id(&Arc::new(notified.clone()));
        let hash = RandomState::new();
        assert!(
            id(&notified) == id(&again)
                && hash.hash_one(id(&notified)) == hash.hash_one(id(&again))
        );
        for other in &others {
            assert!(id(&notified) != id(other), "{other:?}");
        }
        assert!(id(&others[4]) != id(&others[4]), "without an ETag nothing is the same");
    }
}

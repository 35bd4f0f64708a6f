//! What is in flight: one entry per object being worked on, or waiting to be.
//!
//! Written by the readers; read by the duplicate check and by snapshots. Bounded by the message
//! slots.

use super::{counts::Counts, ending::Ending, in_flight::InFlight, object_id::ObjectId};
use crate::{
    job::MessageInfo, notification::NotifiedObject, route::Treatment, tracking::ObjectEnd,
};
use dashmap::{DashMap, Entry};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// All objects in flight.
pub(crate) struct Registry {
    objects: DashMap<ObjectId, Arc<Entered>>,
    processors: Vec<String>,
    unique: AtomicU64,
}

struct Entered {
    message: Arc<MessageInfo>,
    notified: Arc<NotifiedObject>,
    treatment: Arc<Treatment>,
    since: Instant,
    /// Of its newest attempt, from when it was opened on.
    counts: Mutex<Option<Weak<Counts>>>,
    ending: Ending,
}

/// What a claim on an object amounts to.
pub(super) enum Claimed {
    /// Nobody else works on it.
    Ours(Claim),
    /// Somebody does: how that ends is told here. While the claim is kept, the object shows as
    /// waiting.
    Theirs(Ending, Claim),
}

/// The place of one object in the registry, until its work has ended.
pub(super) struct Claim {
    registry: Arc<Registry>,
    id: ObjectId,
    entered: Arc<Entered>,
}

impl Registry {
    pub(crate) fn new(processors: Vec<String>) -> Self {
        Self { objects: DashMap::new(), processors, unique: AtomicU64::new(0) }
    }

    pub(super) fn claim(
        self: &Arc<Self>,
        message: &Arc<MessageInfo>,
        notified: &Arc<NotifiedObject>,
        treatment: &Arc<Treatment>,
    ) -> Claimed {
        let entered = Arc::new(Entered {
            message: Arc::clone(message),
            notified: Arc::clone(notified),
            treatment: Arc::clone(treatment),
            since: Instant::now(),
            counts: Mutex::default(),
            ending: Ending::default(),
        });
        let id = ObjectId::of(notified).unwrap_or_else(|| self.unique_id());
        let theirs = match self.objects.entry(id) {
            // What is done by one route is not done by another.
            Entry::Occupied(held) if Arc::ptr_eq(&held.get().treatment, treatment) => {
                Some(held.get().ending.clone())
            }
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                let id = place.key().clone();
                place.insert(Arc::clone(&entered));
                return Claimed::Ours(Claim { registry: Arc::clone(self), id, entered });
            }
        };
        let id = self.unique_id();
        self.objects.insert(id.clone(), Arc::clone(&entered));
        let claim = Claim { registry: Arc::clone(self), id, entered };
        match theirs {
            Some(theirs) => Claimed::Theirs(theirs, claim),
            None => Claimed::Ours(claim),
        }
    }

    fn unique_id(&self) -> ObjectId {
        ObjectId::Unique(self.unique.fetch_add(1, Ordering::Relaxed))
    }

    /// What is in flight now, the oldest first.
    /// How many objects are worked on, and since when the oldest is.
    pub(crate) fn level(&self) -> (usize, Duration) {
        let ages = self.objects.iter().map(|entry| entry.value().since.elapsed());
        ages.fold((0, Duration::ZERO), |(count, oldest), age| (count + 1, oldest.max(age)))
    }

    pub(crate) fn snapshot(&self) -> Vec<InFlight> {
        let mut all: Vec<_> = self.objects.iter().map(|entry| self.show(entry.value())).collect();
        all.sort_by(|a, b| {
            b.age.cmp(&a.age).then_with(|| (&a.bucket, &a.key).cmp(&(&b.bucket, &b.key)))
        });
        all
    }

    fn show(&self, entered: &Entered) -> InFlight {
        let counts = entered.counts();
        let opened = counts.is_some();
        let counts = counts.as_ref().and_then(Weak::upgrade);
        let treatment = &entered.treatment;
        let records = counts.as_ref().map_or(0, |counts| counts.all_found());
        let settled: BTreeMap<_, _> = match &counts {
            Some(counts) => {
                let of =
                    |index: &usize| (self.processors[*index].clone(), counts.settled_by(*index));
                treatment.processors.iter().map(of).collect()
            }
            None => BTreeMap::new(),
        };
        let waiting = settled.iter().filter(|(_, count)| **count < records);
        let waiting_for = waiting.map(|(name, _)| name.clone()).collect();
        InFlight {
            message_id: entered.message.message_id.to_string(),
            receive_count: entered.message.receive_count,
            bucket: entered.notified.bucket.clone(),
            key: entered.notified.key.clone(),
            version_id: entered.notified.version_id.clone(),
            route: treatment.route().map(str::to_owned),
            opened,
            records,
            waiting_for,
            settled,
            age: entered.since.elapsed(),
            lease_left: entered.message.lease.left(),
        }
    }
}

impl Entered {
    fn counts(&self) -> MutexGuard<'_, Option<Weak<Counts>>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// How long the object has been worked on.
    pub(super) fn age(&self) -> Duration {
        self.entered.since.elapsed()
    }

    /// The object was opened: from here on its progress shows.
    pub(super) fn opened(&self, counts: &Arc<Counts>) {
        *self.entered.counts() = Some(Arc::downgrade(counts));
    }

    /// The attempt is over, and the object waits to be opened again.
    pub(super) fn closed(&self) {
        *self.entered.counts() = None;
    }

    /// The work has ended, and whoever waits for it learns how.
    pub(super) fn end(self, end: &ObjectEnd) {
        self.entered.ending.set(end.clone());
    }
}

/// Who waits looks at the registry again, so the place is free before they are told.
impl Drop for Claim {
    fn drop(&mut self) {
        self.registry.objects.remove_if(&self.id, |_, entered| Arc::ptr_eq(entered, &self.entered));
        self.entered.ending.over();
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id).finish_non_exhaustive()
    }
}

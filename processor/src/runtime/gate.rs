//! Where readers wait while their requests fail, and where the control thread learns whether to
//! receive.
//!
//! The decisions are the [`Detector`]'s; here are its clock, its lock, and the waking of those who
//! wait.

use super::{
    changes::{Changes, Watch},
    env::Env,
    report,
};
use crate::{
    outage::{Detector, Failure, Next, Outage, OutageClass, Probed, Receiving, WaiterKey, Wanted},
    port::{PortError, PortErrorKind},
    stats::Counters,
    tracking::Moment,
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Shared by all readers, the control thread and every handle.
pub(crate) struct Gate {
    detector: Mutex<Detector>,
    /// Nothing is remembered and nobody waits: what every request but a few finds, without taking
    /// the lock.
    calm: AtomicBool,
    /// The detector's revision.
    changes: Changes,
    env: OnceLock<Env>,
    counters: Arc<Counters>,
}

/// A place among those who wait, given up when dropped.
pub(crate) struct Waiter<'a> {
    gate: &'a Gate,
    key: WaiterKey,
}

impl Gate {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        let (detector, changes) = (Mutex::default(), Changes::default());
        Self { detector, calm: AtomicBool::new(true), changes, env: OnceLock::new(), counters }
    }

    /// From here on there is a clock, and so many message slots.
    pub(crate) fn begin(&self, env: &Env, slots: usize) {
        let _ = self.env.set(env.clone());
        self.with(|detector, _| detector.set_slots(slots));
    }

    /// The outages that last.
    pub(crate) fn outages(&self) -> Vec<Outage> {
        if self.calm.load(Ordering::Acquire) {
            Vec::new()
        } else {
            self.with(|detector, now| detector.view(now))
        }
    }

    /// Told whenever something changes for those who wait, and for who receives.
    pub(crate) fn watch(&self) -> Watch {
        self.changes.watch()
    }

    /// Whether objects cannot be read at all.
    pub(crate) fn is_outage(&self) -> bool {
        !self.calm.load(Ordering::Acquire) && self.with(|detector, _| detector.is_outage())
    }

    /// A request is about to be sent. `None`: go ahead.
    pub(crate) fn arrive(&self, wanted: impl FnOnce() -> Wanted) -> Option<Waiter<'_>> {
        if self.calm.load(Ordering::Acquire) {
            return None;
        }
        let wanted = wanted();
        self.with(|detector, now| detector.arrive(&wanted, now))
            .map(|key| Waiter { gate: self, key })
    }

    /// A request failed in a way that may be an outage.
    pub(crate) fn failed(
        &self,
        wanted: &Wanted,
        failure: Failure<'_>,
        pause: Option<Duration>,
    ) -> Waiter<'_> {
        let key = self.with(|detector, now| {
            let failure =
                Failure { retry_at: pause.map(|pause| now + self.jittered(pause)), ..failure };
            detector.failed(wanted, &failure, now, |pause| self.jittered(pause))
        });
        Waiter { gate: self, key }
    }

    /// A request brought bytes.
    pub(crate) fn succeeded(&self) {
        if !self.calm.load(Ordering::Acquire) {
            self.with(Detector::succeeded);
        }
    }

    /// A request got a definite answer about its object, and no bytes.
    pub(crate) fn answered(&self) {
        if !self.calm.load(Ordering::Acquire) {
            self.with(Detector::answered);
        }
    }

    pub(crate) fn receiving(&self) -> Receiving {
        if self.calm.load(Ordering::Acquire) {
            Receiving::Free
        } else {
            self.with(Detector::receiving)
        }
    }

    pub(crate) fn received_one(&self) {
        self.with(|detector, now| detector.received_one(now, |pause| self.jittered(pause)));
    }

    pub(crate) fn make_room(&self) {
        self.with(|detector, _| detector.make_room());
    }

    /// A receive failed. Says whether that is no part of an outage.
    pub(crate) fn queue_failed(&self, queue: &str, error: &PortError) -> bool {
        let Some(class) = class(error.kind) else { return true };
        self.with(|detector, now| detector.queue_failed(class, queue, error.to_string(), now))
    }

    pub(crate) fn queue_answered(&self) {
        if !self.calm.load(Ordering::Acquire) {
            self.with(Detector::queue_answered);
        }
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 2] {
        self.with(|detector, _| detector.sizes())
    }

    fn now(&self) -> Moment {
        self.env.get().map(Env::now).unwrap_or_default()
    }

    fn jittered(&self, pause: Duration) -> Duration {
        self.env.get().map_or(pause, |env| env.jittered(pause))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Detector, Moment) -> T) -> T {
        let mut detector = self.detector.lock().unwrap_or_else(PoisonError::into_inner);
        // Read behind the lock, so that time never goes back for the detector.
        let result = act(&mut detector, self.now());
        self.calm.store(detector.is_calm(), Ordering::Release);
        let (events, revision) = (detector.take_events(), detector.revision());
        drop(detector);
        // Without the lock: whoever listens to logs may ask for the state.
        for event in &events {
            report::outage(&self.counters, event);
        }
        self.changes.set(revision);
        result
    }
}

impl Waiter<'_> {
    pub(crate) fn next(&self) -> Next {
        self.gate.with(|detector, now| detector.next(self.key, now))
    }

    /// The probe's request ended; without an error, it brought bytes.
    pub(crate) fn probed(&self, error: Option<&PortError>) {
        let probed = match error.map(|error| (error.kind, class(error.kind))) {
            None => Probed::Read,
            Some((_, Some(class))) => Probed::Failed(class),
            Some((PortErrorKind::Gone | PortErrorKind::Changed, None)) => Probed::Answered,
            Some((_, None)) => Probed::Refused,
        };
        report::outage_probed(&self.gate.counters);
        self.gate.with(|detector, now| {
            let error = error.map(|error| error as &dyn fmt::Display);
            detector.probed(self.key, probed, error, now, |pause| self.gate.jittered(pause));
        });
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.gate.with(|detector, _| detector.left(self.key));
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("outages", &self.outages()).finish_non_exhaustive()
    }
}

/// How a request failed that may fail for others too. `None`: that is about its object.
pub(crate) fn class(kind: PortErrorKind) -> Option<OutageClass> {
    match kind {
        PortErrorKind::Transient => Some(OutageClass::Unreachable),
        PortErrorKind::Throttled => Some(OutageClass::Throttled),
        PortErrorKind::Denied => Some(OutageClass::Denied),
        PortErrorKind::Credentials => Some(OutageClass::Credentials),
        PortErrorKind::Gone | PortErrorKind::Fatal | PortErrorKind::Changed => None,
    }
}

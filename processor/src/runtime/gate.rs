//! Where objects wait while what they depend on is down, and where the control thread learns how
//! to receive.
//!
//! The decisions are those of [`Breakers`]; here are their clock, their lock, and the waking of
//! those who wait.

use super::{env::Env, report};
use crate::{
    breaker::{Breakers, Failed, Judged, Outage, OutageClass, OutageOf, Receiving},
    port::{PortError, PortErrorKind},
    stats::Counters,
    tracking::Moment,
};
use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, futures::Notified},
    time::{Instant, sleep_until},
};

/// What is down is asked for by one of those who wait, whoever comes first: each is late by chance,
/// up to this, so that it is not always the same.
const SPREAD: Duration = Duration::from_millis(500);

/// Shared by all readers, the control thread and every handle.
pub(crate) struct Gate {
    breakers: Mutex<Breakers>,
    /// Nothing is remembered: what every request but a few finds, without taking the lock.
    calm: AtomicBool,
    /// Those who wait are woken in the order in which they began to, so that a run of one seed is
    /// always the same.
    changed: Notify,
    env: OnceLock<Env>,
    /// When the queue answered last: nanoseconds since the clock began, and one.
    heard: AtomicU64,
    counters: Arc<Counters>,
    processors: Vec<OutageOf>,
}

/// An object that is held, until dropped.
pub(crate) struct Held<'a> {
    gate: &'a Gate,
    of: &'a [OutageOf],
}

impl Gate {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        let processor = |name: &String| OutageOf::Processor(name.clone());
        let processors = counters.processors.iter().map(|(name, _)| processor(name)).collect();
        Self {
            breakers: Mutex::default(),
            calm: AtomicBool::new(true),
            changed: Notify::new(),
            env: OnceLock::new(),
            heard: AtomicU64::new(0),
            counters,
            processors,
        }
    }

    /// From here on there is a clock.
    pub(crate) fn begin(&self, env: &Env) {
        let _ = self.env.set(env.clone());
    }

    /// What this processor depends on.
    pub(crate) fn processor(&self, index: usize) -> &OutageOf {
        &self.processors[index]
    }

    /// The outages that last.
    pub(crate) fn outages(&self) -> Vec<Outage> {
        if self.is_calm() { Vec::new() } else { self.with(|breakers, now| breakers.view(now)) }
    }

    /// Completes at the next change. Enabled before the state is looked at, it misses none.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Something failed in a way that may pass.
    pub(crate) fn failed(&self, of: &OutageOf, class: OutageClass, example: &str, error: &str) {
        let failed = Failed { class, example, error };
        self.with(|breakers, now| {
            breakers.failed(of, &failed, now, |pause| self.jittered(pause));
        });
    }

    pub(crate) fn succeeded(&self, of: &OutageOf) {
        if !self.is_calm() {
            self.with(|breakers, now| breakers.succeeded(of, now));
        }
    }

    /// A request got a definite answer about its object, and no bytes.
    pub(crate) fn answered(&self, of: &OutageOf) {
        if !self.is_calm() {
            self.with(|breakers, now| breakers.answered(of, now));
        }
    }

    /// Whether it is known to be down.
    pub(crate) fn is_down(&self, of: &OutageOf) -> bool {
        !self.is_calm() && self.with(|breakers, now| breakers.is_down(of, now))
    }

    /// Waits until it is known what a failure of this object at that moment means: whether what it
    /// depends on is down.
    pub(crate) async fn means_down(
        &self,
        of: &OutageOf,
        object: String,
        failed_at: Moment,
    ) -> bool {
        self.wait(|breakers, now| match breakers.judge(of, &object, failed_at, now) {
            Judged::Down => Ok(true),
            Judged::Own => Ok(false),
            Judged::Unclear(until) => Err(until),
        })
        .await
    }

    /// Waits for so long, or until it is known to be down: says whether that is so.
    pub(crate) async fn goes_down_within(&self, of: &OutageOf, pause: Duration) -> bool {
        let until = self.now() + self.jittered(pause);
        self.wait(|breakers, now| match breakers.is_down(of, now) {
            true => Ok(true),
            false if now >= until => Ok(false),
            false => Err(until),
        })
        .await
    }

    /// Waits until a first request may be sent: at once, unless less was asked for.
    pub(crate) async fn admitted(&self, of: &OutageOf) {
        if !self.is_calm() {
            self.wait(|breakers, now| breakers.admit(of, false, now, |pause| self.jittered(pause)))
                .await;
        }
    }

    /// An object is held for these.
    pub(crate) fn hold<'a>(&'a self, of: &'a [OutageOf]) -> Held<'a> {
        self.with(|breakers, now| of.iter().for_each(|of| breakers.hold(of, now)));
        Held { gate: self, of }
    }

    pub(crate) fn receiving(&self) -> Receiving {
        if self.is_calm() { Receiving::Free } else { self.with(Breakers::receiving) }
    }

    pub(crate) fn received(&self) {
        if !self.is_calm() {
            self.with(|breakers, now| breakers.received(now, |pause| self.jittered(pause)));
        }
    }

    /// A receive failed. Says whether that is no part of an outage.
    pub(crate) fn queue_failed(&self, queue: &str, error: &PortError) -> bool {
        let Some(class) = class(error.kind) else { return true };
        self.failed(&OutageOf::Queue, class, queue, &error.to_string());
        !self.is_down(&OutageOf::Queue)
    }

    /// A request to the queue was answered, whatever it was about.
    pub(crate) fn heard(&self) {
        let now = self.now().since_start().as_nanos();
        self.heard.store(u64::try_from(now).unwrap_or(u64::MAX - 1) + 1, Ordering::Relaxed);
    }

    /// How long ago that was the last time.
    pub(crate) fn silent_for(&self) -> Option<Duration> {
        let heard = self.heard.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.now().since_start().saturating_sub(Duration::from_nanos(heard)))
    }

    pub(crate) fn queue_answered(&self) {
        self.heard();
        self.succeeded(&OutageOf::Queue);
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 2] {
        self.with(|breakers, _| breakers.sizes())
    }

    fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Acquire)
    }

    fn now(&self) -> Moment {
        self.env.get().map(Env::now).unwrap_or_default()
    }

    fn jittered(&self, pause: Duration) -> Duration {
        self.env.get().map_or(pause, |env| env.jittered(pause))
    }

    /// Asks until there is an answer: again at the moment that is told instead, and at each change.
    async fn wait<T>(&self, ask: impl Fn(&mut Breakers, Moment) -> Result<T, Moment>) -> T {
        loop {
            let mut changed = pin!(self.changed());
            changed.as_mut().enable();
            let until = match self.with(&ask) {
                Ok(answer) => return answer,
                Err(until) => until,
            };
            tokio::select! {
                biased;
                () = changed => {}
                () = self.sleep_until(until) => {}
            }
        }
    }

    fn sleep_until(&self, moment: Moment) -> impl Future<Output = ()> {
        sleep_until(self.env.get().map_or_else(Instant::now, |env| env.instant(moment)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Breakers, Moment) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        // Read behind the lock, so that time never goes back for the breakers.
        let result = act(&mut breakers, self.now());
        self.calm.store(breakers.is_calm(), Ordering::Release);
        let (events, is_news) = breakers.take_news();
        drop(breakers);
        // Without the lock: whoever listens to logs may ask for the state.
        for event in &events {
            report::outage(&self.counters, event);
        }
        if is_news {
            self.changed.notify_waiters();
        }
        result
    }
}

impl Held<'_> {
    /// Waits until it may try again, at the earliest at that moment: when what it depends on is up,
    /// or when it is its turn to see whether it is.
    pub(crate) async fn may_try(&self, not_before: Moment) {
        self.gate.sleep_until(not_before).await;
        for of in self.of {
            let gate = self.gate;
            gate.wait(|breakers, now| {
                breakers
                    .admit(of, true, now, |pause| gate.jittered(pause))
                    .map_err(|until| until + gate.jittered(SPREAD))
            })
            .await;
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.gate.with(|breakers, now| self.of.iter().for_each(|of| breakers.let_go(of, now)));
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

use super::{reporter::Reporter, threads::Threads};
use crate::{
    port::{Disk, TemporaryFiles},
    stats::Counters,
    tracking::Moment,
};
use futures::future::BoxFuture;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// Threads, clock, disk and randomness: everything by which a simulation differs from production.
#[derive(Debug, Clone)]
pub(crate) struct Env(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: Instant,
    threads: bool,
    random: AtomicU64,
    many: usize,
    disk: Arc<dyn Disk>,
    /// In a simulation: turns of the control loop, and where those at one moment began.
    #[cfg(any(test, feature = "test-util"))]
    turns: std::sync::Mutex<Turns>,
    #[cfg(test)]
    kept: std::sync::Mutex<Option<std::collections::BTreeMap<&'static str, Kept>>>,
}

/// How many things of one kind are kept, and the most there ever were.
#[cfg(test)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) now: usize,
    pub(crate) most: usize,
}

#[cfg(any(test, feature = "test-util"))]
#[derive(Debug, Default)]
struct Turns {
    all: u64,
    here: u64,
    at: Duration,
}

/// As many objects as two batches of deletes take along.
const MANY: usize = 20;

/// More turns than this at one moment of virtual time are a loop without progress.
#[cfg(any(test, feature = "test-util"))]
const MOST_TURNS: u64 = 100_000;

impl Env {
    /// A control thread, decoder threads, the system's clock.
    pub(crate) fn production() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self::new(true, RandomState::new().hash_one(0), Arc::new(TemporaryFiles))
    }

    /// Everything on the current runtime, decoding inline, one seed. Time is what that runtime says
    /// it is.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn simulated(seed: u64, disk: Arc<dyn Disk>) -> Self {
        Self::new(false, seed, disk)
    }

    fn new(threads: bool, seed: u64, disk: Arc<dyn Disk>) -> Self {
        Self(Arc::new(Inner {
            origin: Instant::now(),
            threads,
            random: AtomicU64::new(seed),
            disk,
            many: if threads { MANY } else { MANY - (seed % MANY as u64) as usize },
            #[cfg(any(test, feature = "test-util"))]
            turns: std::sync::Mutex::default(),
            #[cfg(test)]
            kept: std::sync::Mutex::default(),
        }))
    }

    /// The control loop turns once more. In a simulation, where time stands still while there is
    /// something to do, a loop without progress would never end: there it panics instead.
    pub(crate) fn turn(&self) {
        #[cfg(any(test, feature = "test-util"))]
        if !self.0.threads {
            let now = self.0.origin.elapsed();
            let mut turns = self.0.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let here = if turns.at == now { turns.here + 1 } else { 1 };
            *turns = Turns { all: turns.all + 1, here, at: now };
            assert!(here <= MOST_TURNS, "the control loop turns without progress");
        }
    }

    /// How often the control loop turned, in a simulation.
    #[cfg(test)]
    pub(crate) fn turns(&self) -> u64 {
        self.0.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner).all
    }

    /// What the control side keeps is written down from now on.
    #[cfg(test)]
    pub(crate) fn watch_sizes(&self) {
        *self.0.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Default::default());
    }

    /// What the control side keeps now, by name.
    #[cfg(test)]
    pub(crate) fn keeps<I: IntoIterator<Item = (&'static str, usize)>>(
        &self,
        sizes: impl FnOnce() -> I,
    ) {
        if let Some(kept) =
            &mut *self.0.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        {
            for (name, now) in sizes() {
                let most = kept.get(name).map_or(now, |before: &Kept| before.most.max(now));
                kept.insert(name, Kept { now, most });
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> std::collections::BTreeMap<&'static str, Kept> {
        self.0
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
            .unwrap_or_default()
    }

    /// While fewer objects than this are worked on, the end of each is looked at as soon as it is
    /// reported. In a simulation the seed chooses, because few of them have as many objects.
    pub(crate) fn many(&self) -> usize {
        self.0.many
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.0.disk
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::after_start(self.0.origin.elapsed())
    }

    pub(crate) fn instant(&self, moment: Moment) -> Instant {
        self.0.origin + moment.since_start()
    }

    /// Half of `delay` and a random part of the other half, so that many consumers do not come back
    /// together.
    pub(crate) fn jittered(&self, delay: Duration) -> Duration {
        let part = self.next_random() % 1_000;
        delay / 2 + delay.mul_f64(part as f64 / 2_000.0)
    }

    /// SplitMix64: good enough for jitter, and the same for the same seed.
    fn next_random(&self) -> u64 {
        let mut z = self
            .0
            .random
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn decoder_threads(&self, threads: usize) -> io::Result<Threads> {
        if self.0.threads { Threads::start(threads) } else { Ok(Threads::inline()) }
    }

    /// Runs `control` on a thread and a runtime of its own, and says when it ended. If it is
    /// dropped unfinished (its thread panicked), the receiver learns so. Until then the counters
    /// are exported now and then, and once at the end.
    pub(crate) fn spawn_control<T: Send + 'static>(
        &self,
        counters: Arc<Counters>,
        control: impl FnOnce() -> BoxFuture<'static, T> + Send + 'static,
    ) -> io::Result<oneshot::Receiver<T>> {
        let (ended, end) = oneshot::channel();
        if self.0.threads {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let reporter = Reporter::start(counters)?;
            std::thread::Builder::new()
                .name("s3-sqs-control".into())
                .spawn(move || ended.send(reporter.run(move || runtime.block_on(control()))))?;
        } else {
            tokio::spawn(async move {
                let outcome = control().await;
                counters.export(true);
                drop(ended.send(outcome));
            });
        }
        Ok(end)
    }
}

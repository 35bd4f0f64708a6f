use super::super::judge::Judge;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How much one processor of one run has to do, and the limit of it.
#[derive(Clone)]
pub(in super::super) struct Gauge {
    now: Arc<AtomicUsize>,
    most: usize,
    judge: Judge,
}

impl Gauge {
    pub(super) fn new(most: usize, judge: &Judge) -> Self {
        Self { now: Arc::default(), most, judge: judge.clone() }
    }

    /// I6.
    pub(super) fn enter(&self) -> Inside {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.judge.object(|| format!("I6: {now} at once, {} allowed", self.most), now <= self.most);
        Inside(Arc::clone(&self.now))
    }
}

pub(super) struct Inside(Arc<AtomicUsize>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

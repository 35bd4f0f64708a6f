use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// How far an object has come, as snapshots see it while its work goes on.
pub(super) struct Counts {
    /// Records found so far.
    found: AtomicU64,
    /// Failures so far, of all processors.
    failed: AtomicU64,
    processors: Vec<Processor>,
}

/// How many records one processor has settled, and how many of them as failed.
#[derive(Default)]
struct Processor {
    begun: AtomicBool,
    settled: AtomicU64,
    failed: AtomicU64,
}

/// How many failures there were before.
pub(super) struct FailedBefore {
    /// Of the same processor.
    pub(super) here: u64,
    /// Of all processors.
    pub(super) all: u64,
}

impl Counts {
    pub(super) fn new(processors: usize) -> Self {
        let processors = (0..processors).map(|_| Processor::default()).collect();
        Self { found: AtomicU64::new(0), failed: AtomicU64::new(0), processors }
    }

    /// Said once of each processor, when it begins.
    #[inline]
    pub(super) fn is_first(&self, processor: usize) -> bool {
        let begun = &self.processors[processor].begun;
        !begun.load(Relaxed) && !begun.swap(true, Relaxed)
    }

    pub(super) fn found(&self, records: u64) {
        self.found.fetch_add(records, Relaxed);
    }

    pub(super) fn settled(&self, processor: usize, records: u64) {
        self.processors[processor].settled.fetch_add(records, Relaxed);
    }

    /// One record failed.
    pub(super) fn failed(&self, processor: usize) -> FailedBefore {
        let all = self.failed.fetch_add(1, Relaxed);
        FailedBefore { here: self.processors[processor].failed.fetch_add(1, Relaxed), all }
    }

    /// Nothing if nothing failed: that is most objects, and needs no list.
    pub(super) fn failed_by_processor(&self) -> Vec<u64> {
        if self.failed.load(Relaxed) == 0 {
            return Vec::new();
        }
        self.processors.iter().map(|each| each.failed.load(Relaxed)).collect()
    }

    /// Records found so far.
    pub(super) fn all_found(&self) -> u64 {
        self.found.load(Relaxed)
    }

    /// How many of them this processor has settled.
    pub(super) fn settled_by(&self, processor: usize) -> u64 {
        self.processors[processor].settled.load(Relaxed)
    }
}

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// How often a processor has done each record, over all consumers of its service.
#[derive(Debug)]
pub(super) struct Tally {
    times: Vec<AtomicU32>,
    different: AtomicU64,
    all: AtomicU64,
    failed: AtomicU64,
    unknown: AtomicU64,
}

impl Tally {
    pub(super) fn new(records: u64) -> Self {
        Self {
            times: (0..records).map(|_| AtomicU32::new(0)).collect(),
            different: AtomicU64::default(),
            all: AtomicU64::default(),
            failed: AtomicU64::default(),
            unknown: AtomicU64::default(),
        }
    }

    /// The record with this number is done.
    pub(super) fn done(&self, number: u64) {
        let Some(times) = usize::try_from(number).ok().and_then(|number| self.times.get(number))
        else {
            self.unknown.fetch_add(1, Relaxed);
            return;
        };
        if times.fetch_add(1, Relaxed) == 0 {
            self.different.fetch_add(1, Relaxed);
        }
        self.all.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// How many records there are.
    pub(super) fn records(&self) -> u64 {
        self.times.len() as u64
    }

    /// How many of them were done at least once.
    pub(super) fn different(&self) -> u64 {
        self.different.load(Relaxed)
    }

    /// How many times a record was done that had been done before.
    pub(super) fn repeated(&self) -> u64 {
        self.all.load(Relaxed).saturating_sub(self.different())
    }

    /// How many times a record failed.
    pub(super) fn failures(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Records that nobody produced.
    pub(super) fn unknown(&self) -> u64 {
        self.unknown.load(Relaxed)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.different() == self.records()
    }

    /// The numbers of the records that were never done.
    pub(super) fn missing(&self) -> impl Iterator<Item = usize> {
        self.times
            .iter()
            .enumerate()
            .filter(|(_, times)| times.load(Relaxed) == 0)
            .map(|(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_records_are_complete() {
        let tally = Tally::new(3);
        for number in [0, 2, 2, 7] {
            tally.done(number);
        }
        assert!(!tally.is_complete());
        assert_eq!((tally.different(), tally.repeated(), tally.unknown()), (2, 1, 1));
        assert_eq!(tally.missing().collect::<Vec<_>>(), [1]);
        tally.done(1);
        assert!(tally.is_complete());
    }
}

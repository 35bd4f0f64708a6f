use super::{object::DoneSoFar, set::Set};
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// Which records of a share are done, while they are worked on: all that were begun, but those that
/// are held back. One task writes; whoever saves may read at any time.
///
/// A record that is ready at once costs nothing here. One that is not is held back before the
/// number of those begun tells of it, so nobody who reads sees it as done too early.
#[derive(Debug)]
pub(crate) struct Flags {
    /// The index of the share's first record.
    first: u64,
    begun: AtomicUsize,
    /// A bit for each record that waits, failed or was given up.
    held_back: Box<[AtomicU64]>,
}

impl Flags {
    /// `begun`: all are, and all are held back.
    pub(crate) fn new(first: u64, records: usize, begun: bool) -> Self {
        let (begun, bits) = if begun { (records, u64::MAX) } else { (0, 0) };
        let held_back = (0..records.div_ceil(64)).map(|_| AtomicU64::new(bits)).collect();
        Self { first, begun: AtomicUsize::new(begun), held_back }
    }

    /// The first so many were begun, each of them done by now or held back.
    pub(crate) fn begun(&self, records: usize) {
        self.begun.store(records, Release);
    }

    /// This one is not done, though later ones may be.
    #[inline]
    pub(crate) fn hold_back(&self, record: usize) {
        let (word, bit) = (&self.held_back[record / 64], 1 << (record % 64));
        let before = word.load(Relaxed);
        word.store(before | bit, Relaxed);
    }

    /// It was held back, and is done.
    #[inline]
    pub(crate) fn done(&self, record: usize) {
        let (word, bit) = (&self.held_back[record / 64], 1 << (record % 64));
        let before = word.load(Relaxed);
        // Whoever reads that it is done sees what was done.
        word.store(before & !bit, Release);
    }
}

impl DoneSoFar for Flags {
    fn add_to(&self, set: &mut Set) {
        let begun = self.begun.load(Acquire);
        let mut from = 0;
        for (word, held_back) in self.held_back.iter().enumerate() {
            let mut held_back = held_back.load(Acquire);
            while held_back != 0 {
                let at = word * 64 + held_back.trailing_zeros() as usize;
                held_back &= held_back - 1;
                if at >= begun {
                    break;
                }
                set.add(self.first + from as u64..self.first + at as u64);
                from = at + 1;
            }
        }
        if from < begun {
            set.add(self.first + from as u64..self.first + begun as u64);
        }
    }
}

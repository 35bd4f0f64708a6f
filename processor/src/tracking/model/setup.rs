use super::chance::Chance;
use crate::tracking::Policy;
use std::time::Duration;

/// What a case starts from.
#[derive(Debug, Clone)]
pub(in crate::tracking) struct Setup {
    pub(super) seed: u64,
    pub(super) visibility_timeout: u64,
    pub(super) max_term: u64,
    pub(super) slots: usize,
    pub(super) messages: usize,
    /// Of a hundred requests, how many go wrong; none, and no other consumers: a healthy queue.
    pub(super) faults: u32,
}

impl Setup {
    pub(super) fn policy(&self) -> Policy {
        Policy {
            visibility_timeout: Duration::from_secs(self.visibility_timeout),
            max_term: Duration::from_secs(self.max_term),
            slots: self.slots,
            ..Policy::default()
        }
    }

    pub(in crate::tracking) fn from_seed(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            seed,
            visibility_timeout: chance.pick(&TIMEOUTS),
            max_term: chance.pick(&TERMS),
            slots: chance.pick(&SLOTS),
            messages: 1 + chance.below(30) as usize,
            faults: chance.pick(&FAULTS),
        }
    }
}

pub(super) const TIMEOUTS: [u64; 5] = [2, 5, 30, 600, 43_200];
pub(super) const TERMS: [u64; 3] = [2, 60, 600];
pub(super) const SLOTS: [usize; 4] = [1, 3, 25, 25];
pub(super) const FAULTS: [u32; 4] = [0, 0, 15, 50];

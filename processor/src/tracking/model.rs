//! The tracker against a naive queue: random operations, and after every step the invariants.
//!
//! A case is a [`Setup`] and a list of steps, which are small numbers: so that a failing case
//! shrinks, and so that a seed is enough to repeat it.
//!
//! ```text
//! S3SQS_SEED=123 cargo test -p s3-sqs-processor --lib the_invariants_hold_for     tries that one
//! S3SQS_SEEDS=100000 cargo test -p s3-sqs-processor --lib the_invariants_hold_for  tries so many
//! PROPTEST_CASES=100000 cargo test -p s3-sqs-processor --lib the_invariants_hold_whatever
//! ```

mod chance;
mod queue;
#[cfg(test)]
mod tests;
mod world;

use super::Policy;
use chance::Chance;
use std::time::Duration;
use world::World;

/// What a case starts from.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    seed: u64,
    visibility_timeout: u64,
    max_term: u64,
    slots: usize,
    messages: usize,
    /// Of a hundred requests, how many go wrong; none, and no other consumers: a healthy queue.
    faults: u32,
}

impl Setup {
    fn policy(&self) -> Policy {
        Policy {
            visibility_timeout: Duration::from_secs(self.visibility_timeout),
            max_term: Duration::from_secs(self.max_term),
            failure_delay: Duration::from_secs(self.visibility_timeout),
            slots: self.slots,
            ..Policy::default()
        }
    }

    pub(super) fn from_seed(seed: u64) -> Self {
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

const TIMEOUTS: [u64; 5] = [2, 5, 30, 600, 43_200];
const TERMS: [u64; 3] = [2, 60, 600];
const SLOTS: [usize; 4] = [1, 3, 25, 25];
const FAULTS: [u32; 4] = [0, 0, 15, 50];

/// One step: what is done, and a number that says to what, or how much of it.
pub(super) type Operation = (u8, u32);

pub(super) fn run(setup: &Setup, steps: &[Operation]) {
    let mut world = World::new(setup);
    for (kind, n) in steps {
        world.step(*kind, *n);
    }
    world.settle();
}

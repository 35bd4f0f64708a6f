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
mod setup;
#[cfg(test)]
mod tests;
mod world;

pub(super) use setup::Setup;

use world::World;

/// One step: what is done, and a number that says to what, or how much of it.
pub(super) type Operation = (u8, u32);

pub(super) fn run(setup: &Setup, steps: &[Operation]) {
    let mut world = World::new(setup);
    for (kind, n) in steps {
        world.step(*kind, *n);
    }
    world.settle();
}

//! Random operations on the state machine, as bytes say.

use super::model::{Operation, Setup, run};

/// More steps than this find nothing that fewer do not, and take long.
const STEPS: usize = 300;

/// Two bytes choose what the case starts from, and the luck of its requests; every three that
/// follow are one step: what is done, and a number that says to what, or how much of it.
///
/// # Panics
/// If an invariant is broken.
pub fn operations(input: &[u8]) {
    let (seed, steps) = input.split_at(input.len().min(2));
    let seed = seed.iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte));
    let step = |bytes: &[u8]| (bytes[0] % 100, u32::from(bytes[1]) << 8 | u32::from(bytes[2]));
    let steps: Vec<Operation> = steps.chunks_exact(3).take(STEPS).map(step).collect();
    run(&Setup::from_seed(seed), &steps);
}

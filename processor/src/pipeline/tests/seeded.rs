//! Random scenarios of the whole runtime, on the ports in memory, in virtual time: what may never
//! happen does not, whatever goes wrong. One seed is one run.
//!
//! ```text
//! S3SQS_SEED=123 cargo test -p s3-sqs-processor --lib one_seed    replays a seed, twice
//!     with S3SQS_PRINT=1 and -- --nocapture: its trace
//! S3SQS_SEEDS=100000 cargo test -p s3-sqs-processor --lib whatever_happens   tries so many
//! S3SQS_SIM_SECONDS=3600 cargo test -p s3-sqs-processor --lib whatever_happens -- --nocapture
//!     tries for so long
//! S3SQS_TRACES=200 cargo test -p s3-sqs-processor --lib hashes_of -- --nocapture
//!     prints a hash of each trace, to compare them before and after code was moved
//! S3SQS_WRITE_TABLE=1 cargo test -p s3-sqs-processor --lib whatever_happens
//!     writes the table into docs/measured/simulation.md
//! ```

mod check;
mod crowd;
mod document;
mod finishing;
mod judge;
mod listed;
mod play;
mod quarantining;
mod remembering;
mod routing;
mod scenario;
mod search;
mod spooling;
mod table;
mod truth;
mod worker;

use play::play;
use scenario::Scenario;
use sha2::{Digest, Sha256};
use std::panic::AssertUnwindSafe;
use table::Table;

/// So many seeds without being told: each cell of the table has several turns.
const SEEDS: u64 = 1_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Plays a seed; its trace, and what struck where.
fn play_and_check(seed: u64) -> (String, Table) {
    let scenario = Scenario::new(seed);
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let outcome = play(&scenario);
        check::all(&scenario, &outcome);
        (outcome.world.trace, outcome.judge.table())
    }));
    match played {
        Ok((trace, table)) => {
            (if number("S3SQS_SEED").is_some() { trace.to_string() } else { String::new() }, table)
        }
        Err(panic) => panic!(
            "{}\n{scenario:?}\nreplay it: S3SQS_SEED={seed} cargo test -p s3-sqs-processor --lib \
             one_seed",
            panic_text(&*panic)
        ),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_does_not() {
    let trace = |seed| play(&Scenario::new(seed)).world.trace.to_string();
    let first = trace(7);
    assert!(first.lines().count() > 100, "{first}");
    assert_eq!(first, trace(7));
    assert_ne!(first, trace(8));
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let table = search::all();
    assert_eq!(table.unexpected(), [], "struck where that was declared impossible");
    if number("S3SQS_SEEDS").is_none_or(|seeds| seeds >= SEEDS) {
        assert_eq!(table.empty(), [], "never struck\n{table}");
    }
    document::keep(&table);
}

/// A change that only moves code leaves each line as it was.
#[test]
#[expect(clippy::print_stdout, reason = "what is printed is compared with what it was before")]
fn hashes_of_traces_are_printed() {
    for seed in 0..number("S3SQS_TRACES").unwrap_or(0) {
        let trace = play(&Scenario::new(seed)).world.trace.to_string();
        let hash = Sha256::digest(&trace)[..8]
            .iter()
            .fold(0, |hash: u64, byte| hash << 8 | u64::from(*byte));
        println!("{seed} {} {hash:016x}", trace.lines().count());
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the trace is what one wants to see")]
fn one_seed_is_replayed() {
    let Some(seed) = number("S3SQS_SEED") else { return };
    let (first, second) = (play_and_check(seed).0, play_and_check(seed).0);
    let differs = first.lines().zip(second.lines()).find(|(one, other)| one != other);
    if number("S3SQS_PRINT").is_some() {
        println!("{first}");
    }
    assert_eq!(differs, None, "the same seed is the same run");
    assert_eq!(first.len(), second.len(), "the same seed is the same run");
}

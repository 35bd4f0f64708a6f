//! No combination of slow, blocking, deferred, batching and failing processors, under any limits,
//! keeps a run from its end.
//!
//! `S3SQS_DEADLOCK_SEED=123 cargo test -p s3-sqs-processor --lib one_combination` replays one
//! combination; `S3SQS_DEADLOCKS=5000 cargo test -p s3-sqs-processor --lib no_combination` tries so
//! many.

mod check;
mod combination;
mod worker;

use super::{SECOND, world::World};
use combination::Combination;
use std::{panic::AssertUnwindSafe, time::Duration};

/// Runs a combination on a runtime of its own, whose time is virtual, and says how long that took
/// there.
fn play(seed: u64) -> Duration {
    let combination = Combination::new(seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(&combination))));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a text");
        panic!("S3SQS_DEADLOCK_SEED={seed} ({combination:?}): {text}")
    })
}

async fn run(combination: &Combination) -> Duration {
    let began = tokio::time::Instant::now();
    let world = combination.world();
    let (builder, workers) = combination.builder(&world);
    let sent = combination.send(&world);
    let run = world.start_seeded(combination.seed, builder);
    let mut most_held = 0;
    while !world.queue.is_finished() {
        tokio::time::sleep(SECOND).await;
        most_held = most_held.max(run.handle.stats().held);
        let late = began.elapsed() > Duration::from_secs(24 * 3_600) || run.task.is_finished();
        assert!(
            !late,
            "it does not end; in flight: {:#?}\n{}",
            run.handle.in_flight(),
            world.trace
        );
    }
    let took = began.elapsed();
    // Verdicts that come too late, of objects that were cut short.
    tokio::time::sleep(100 * SECOND).await;
    let stats = run.stop().await;
    check::all(combination, &world, &sent, &workers, &stats, most_held);
    took
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried is what one wants to know")]
fn trap_50_no_combination_keeps_a_run_from_its_end() {
    let count =
        std::env::var("S3SQS_DEADLOCKS").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    let longest = (0..count).map(play).max().unwrap_or_default();
    println!("{count} combinations ended; the longest took {longest:?} of virtual time");
}

#[test]
fn one_combination_is_replayed() {
    let Some(seed) = std::env::var("S3SQS_DEADLOCK_SEED").ok().and_then(|seed| seed.parse().ok())
    else {
        return;
    };
    assert_eq!(play(seed), play(seed), "the same seed is the same run");
}

//! Random scenarios: what has to hold in each of them, and that one seed is one run.
//!
//! `S3SQS_SEED=123 cargo test -p s3-sqs-processor --lib one_seed` replays one seed, twice; `S3SQS_SEEDS=1000 cargo test -p
//! s3-sqs-processor --lib whatever_happens` tries so many.

mod check;
mod scenario;

use super::world::World;
use crate::Stats;
use scenario::{Body, Scenario, Stop};
use std::{collections::BTreeMap, panic::AssertUnwindSafe, time::Duration};

/// What a scenario came to.
pub(super) struct Outcome {
    world: World,
    sent: BTreeMap<String, Body>,
    /// Of each run, the last one last.
    stats: Vec<Stats>,
    most_held: u64,
}

/// Runs a scenario on a runtime of its own, whose time is virtual.
fn play(scenario: &Scenario) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(run(scenario))
}

async fn run(scenario: &Scenario) -> Outcome {
    let world = scenario.world();
    let weather = world.clone();
    let outage = async {
        if let Some(outage) = &scenario.outage {
            outage.pass(&weather).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        outcome = run_in(scenario, world) => outcome,
        () = outage => unreachable!("whatever comes, it goes on"),
    }
}

async fn run_in(scenario: &Scenario, world: World) -> Outcome {
    let mut stats = Vec::new();
    let mut most_held = 0;
    let shared = world.clone();
    let sending = scenario.send(&shared);
    tokio::pin!(sending);
    let mut sent = None;
    if let Some((after, stop)) = scenario.stop {
        let run = world.start_seeded(scenario.seed, scenario.builder(&world));
        tokio::select! {
            biased;
            all = &mut sending => {
                sent = Some(all);
                tokio::time::sleep(after).await;
            }
            () = tokio::time::sleep(after) => {}
        }
        match stop {
            Stop::Drain => run.handle.drain(),
            Stop::Abort => run.handle.abort(),
            Stop::Drop => run.task.abort(),
        }
        let handle = run.handle.clone();
        let ended = run.task.await;
        assert!(stop == Stop::Drop || ended.is_ok_and(|end| end.is_ok()), "a run that is told to stop ends well");
        stats.push(handle.stats());
    }
    let run = world.start_seeded(scenario.seed + 1, scenario.builder(&world));
    let watched = run.handle.clone();
    let watch = async {
        let began = tokio::time::Instant::now();
        loop {
            most_held = most_held.max(watched.stats().held);
            // Looked at less often the longer it takes: an outage may last for hours.
            tokio::time::sleep(Duration::from_millis(97).max(began.elapsed() / 500)).await;
        }
    };
    let finish = async {
        let sent = match sent {
            Some(sent) => sent,
            None => sending.await,
        };
        run.until_finished().await;
        sent
    };
    let sent = tokio::select! {
        biased;
        sent = finish => sent,
        () = watch => unreachable!("it watches to the end"),
    };
    // Requests that take effect late, and messages delivered again, are no part of the run.
    world.queue.chaos(None, 0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    stats.push(run.stop().await);
    Outcome { world, sent, stats, most_held }
}

fn play_and_check(seed: u64) -> String {
    let scenario = Scenario::new(seed);
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let outcome = play(&scenario);
        check::all(&scenario, &outcome);
        outcome.world.trace.to_string()
    }));
    played.unwrap_or_else(|panic| panic!("seed {seed} ({scenario:?}): {}", panic_text(&*panic)))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_does_not() {
    let scenario = Scenario::new(7);
    let trace = |scenario: &Scenario| play(scenario).world.trace.to_string();
    let first = trace(&scenario);
    assert!(first.lines().count() > 100, "{first}");
    assert_eq!(first, trace(&scenario));
    assert_ne!(first, trace(&Scenario::new(8)));
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let seeds = std::env::var("S3SQS_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    (0..seeds).for_each(|seed| drop(play_and_check(seed)));
}

#[test]
fn one_seed_is_replayed() {
    let Some(seed) = std::env::var("S3SQS_SEED").ok().and_then(|seed| seed.parse().ok()) else { return };
    assert_eq!(play_and_check(seed), play_and_check(seed));
}

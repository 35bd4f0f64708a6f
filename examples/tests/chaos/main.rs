//! Real processes of the pipeline, killed, stopped and replaced at random behind a network that
//! fails at random.
//!
//! `cargo test -p examples --test chaos` takes some 20 s; `docs/reliability.md` says how to run it
//! longer, on other servers, and with a seed of your choice.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]
#![allow(clippy::print_stdout, reason = "the figures of a run are for people")]

mod check;
mod consumer;
mod files;
mod fleet;
mod plan;
mod proxy;
mod random;
mod report;
mod settings;
mod tally;
mod warden;
mod world;

use fleet::{Fleet, TICK};
use plan::Plan;
use report::Run;
use settings::Settings;
use std::time::{Duration, Instant};
use world::{Produced, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_processes_and_connections_die() {
    let settings = Settings::from_environment();
    let plan = Plan::new(&settings);
    println!(
        "S3SQS_SEED={} S3SQS_BACKEND={}, faults for {:?}",
        settings.seed, settings.kind, settings.chaos
    );
    let mut world = World::new(&settings).await;
    let problems = Box::pin(run(&settings, &plan, &world)).await;
    if problems.is_empty() {
        world.end().await;
    } else {
        world.keep_folder();
        panic!(
            "seed {}, see {}:\n{}",
            settings.seed,
            world.folder().display(),
            problems.join("\n")
        );
    }
}

/// The whole run; gives what is wrong at its end.
async fn run(settings: &Settings, plan: &Plan, world: &World) -> Vec<String> {
    let mut fleet = Fleet::new(world, settings.consumers);
    let start = Instant::now();
    let (produced, ()) =
        tokio::join!(world.produce(&plan.files, start), chaos(settings, plan, &mut fleet, start));
    fleet.recover();
    let calm = Instant::now();
    settle(settings, world, &produced, &mut fleet).await;
    fleet.end().await;
    let settling = calm.elapsed();
    let mut problems = std::mem::take(&mut fleet.tally.problems);
    let kept = check::check(world, &produced, &mut problems).await;
    let (tally, proxy) = (&fleet.tally, world.proxy.counters());
    println!(
        "{}",
        Run { settings, plan, produced: &produced, kept: &kept, tally, proxy, settling }.table()
    );
    // Each service read each file through the proxy at least once, and the faults were no dry run.
    let stored: u64 = produced.iter().map(|file| file.stored_bytes).sum();
    if proxy.bytes_down.get() < 2 * stored {
        problems.push(format!(
            "only {} bytes of 2 x {stored} came through the proxy",
            proxy.bytes_down.get()
        ));
    }
    if proxy.reset.get() + proxy.finished.get() == 0 || tally.kills + tally.stops + tally.terms == 0
    {
        problems.push("nothing was cut, or nobody was killed, stopped or asked to end".to_owned());
    }
    problems
}

/// Does what is planned, when it is planned, until the time is over.
async fn chaos(settings: &Settings, plan: &Plan, fleet: &mut Fleet<'_>, start: Instant) {
    let mut events = plan.events.iter().peekable();
    let mut told = Instant::now();
    while start.elapsed() < settings.chaos {
        while let Some(event) = events.next_if(|event| event.at <= start.elapsed()) {
            fleet.suffer(event.what);
        }
        fleet.look_after();
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            println!(
                "{:.0?}: {} consumers started, {} killed",
                start.elapsed(),
                fleet.tally.started,
                fleet.tally.kills
            );
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Without faults, until a consumer of each service has found its queue empty.
async fn settle(settings: &Settings, world: &World, produced: &[Produced], fleet: &mut Fleet<'_>) {
    let poison = produced.iter().filter(|file| file.poison).count() as u64;
    let records = produced.iter().map(|file| file.records.len() as u64).sum();
    let mut finishers = vec![(0, fleet.finisher(0)), (1, fleet.finisher(1))];
    let mut given_up = false;
    let limit = Instant::now() + settings.patience;
    while !finishers.is_empty() {
        if Instant::now() > limit {
            let left = [world.backlog(0).await, world.backlog(1).await];
            fleet.tally.problem(format!(
                "not empty after {:?} without faults: {left:?} messages",
                settings.patience
            ));
            return;
        }
        fleet.look_after();
        // What is left of the second service by then is what is made to fail; so no healthy message
        // is given up.
        if !given_up
            && world.backlog(1).await == poison
            && check::count(&world.services[1].database) >= records
        {
            world.give_up_on_what_fails(1).await;
            given_up = true;
        }
        for (service, mut finisher) in std::mem::take(&mut finishers) {
            match finisher.ended() {
                None => finishers.push((service, finisher)),
                Some(status) => fleet.collect(&finisher, status),
            }
        }
        tokio::time::sleep(TICK * 5).await;
    }
}

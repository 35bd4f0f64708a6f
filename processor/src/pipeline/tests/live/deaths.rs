//! Rows 8 and 13: what kills processes, or stops them, costs no healthy message its life.

use super::{
    super::{
        mortal::Mortal,
        probe::{Act, Seen},
        world::World,
    },
    MINUTE, SECOND,
};
use crate::{
    Builder, ProcessorOptions, Redelivery,
    testing::{Place, QueueSettings, Random, undelimited},
};
use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};
use tokio::time::sleep;

/// A process that dies when it is handed a certain record.
fn start(world: &World, seed: u64, takes: Duration, concurrency: usize) -> Mortal {
    Mortal::start(world, seed, |dying| {
        let act = move |seen: &Seen| {
            if seen.key == "killer" {
                dying.store(true, Ordering::Relaxed);
                return Act::Forever;
            }
            Act::Take(takes)
        };
        let options = ProcessorOptions::default().concurrency(concurrency);
        world.builder().processor_with("p", options, world.probe("p", act))
    })
}

/// Plays it until all messages are deleted or dead, and says which are dead.
async fn dead_beside_a_killer(seed: u64, instances: usize) -> (Vec<String>, String) {
    let random = &mut Random::new(seed);
    let world = World::with(QueueSettings { max_receives: Some(5), ..QueueSettings::default() });
    let place = random.below(101);
    let mut killer = String::new();
    for n in 0..101 {
        match n == place {
            true => killer = world.file("killer", undelimited(1)),
            false => drop(world.file(&n.to_string(), undelimited(1 + random.below(3) as usize))),
        }
    }
    let takes = Duration::from_millis(100 + random.below(5_000));
    let concurrency = [1, 10, 256][random.below(3) as usize];
    let start = |n: usize| self::start(&world, seed + n as u64, takes, concurrency);
    let mut processes: Vec<_> = (0..instances).map(start).collect();
    let mut number = instances;
    while !world.queue.is_finished() {
        sleep(SECOND / 10).await;
        for process in &mut processes {
            if process.has_died() {
                number += 1;
                *process = start(number);
            }
        }
        assert!(world.trace.elapsed() < 100 * 60 * MINUTE, "seed {seed}: it does not end");
    }
    let dead = world.queue.in_place(Place::Dead);
    for process in processes {
        process.run.handle.abort();
        process.run.task.await.expect("it does not panic").expect("it ends well");
    }
    (dead, killer)
}

#[test]
fn row_13_trap_75_a_record_that_kills_the_process_dies_alone() {
    for instances in [1, 3] {
        let good = (0..100).filter(|seed| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime");
            let (dead, killer) = runtime.block_on(dead_beside_a_killer(*seed, instances));
            assert!(dead.contains(&killer), "seed {seed}");
            dead.len() == 1
        });
        let good = good.count();
        assert!(good >= 95, "{good} of 100 with {instances} instances");
    }
}

fn slow(world: &World) -> Builder {
    let options = ProcessorOptions::default().concurrency(4).no_timeout();
    let builder =
        world.builder().processor_with("p", options, world.probe("p", |_| Act::Take(MINUTE)));
    builder.drain_timeout(5 * SECOND).redelivery(Redelivery::backoff(SECOND, SECOND))
}

#[tokio::test(start_paused = true)]
async fn row_8_trap_74_drains_dead_letter_nothing_that_was_never_begun() {
    for (seed, runs_for) in [3, 10, 25, 61, 100].into_iter().enumerate() {
        let world =
            World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() });
        (0..60).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
        for n in 0..4 {
            let run = world.start_seeded(seed as u64 * 10 + n, slow(&world));
            sleep(runs_for * SECOND).await;
            run.stop().await;
        }
        let run = world.start_seeded(seed as u64, slow(&world));
        run.until_finished().await;
        run.stop().await;
        let begun: BTreeSet<_> = world.log.seen().into_iter().map(|seen| seen.key).collect();
        let dead = world.queue.in_place(Place::Dead);
        let unbegun: Vec<_> = dead
            .iter()
            .filter(|message| !begun.contains(message.trim_start_matches('m')))
            .collect();
        assert!(unbegun.is_empty(), "run for {runs_for} s each: {unbegun:?} of {dead:?}");
    }
}

//! Row 7, and what else is about who gets how much.

use super::{
    super::{probe::Act, world::World},
    MINUTE, SECOND,
};
use crate::{
    Limits, ProcessorOptions,
    testing::{Place, undelimited},
};
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn row_7_trap_74_ten_instances_get_about_as_much_each() {
    let world = World::new();
    let start = || {
        let options = ProcessorOptions::default().concurrency(4).no_timeout();
        let probe = world.probe("p", |_| Act::Take(MINUTE));
        world.start(world.builder().processor_with("p", options, probe))
    };
    (0..60).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let mut runs = vec![start()];
    sleep(SECOND).await;
    runs.extend((1..10).map(|_| start()));
    sleep(10 * SECOND).await;
    let held: Vec<_> = runs.iter().map(|run| run.handle.stats().held).collect();
    assert!(held.iter().all(|held| (4..=8).contains(held)), "{held:?}");
    runs[0].until_finished().await;
    let elapsed = world.trace.elapsed();
    assert!(elapsed < 5 * MINUTE, "{elapsed:?}");
    for run in &runs {
        run.handle.drain();
    }
    for run in runs {
        run.task.await.expect("it does not panic").expect("it ends well");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_74_slots_are_only_the_upper_bound() {
    let world = World::new();
    let options = ProcessorOptions::default().concurrency(4).no_timeout();
    let probe = world.probe("p", |_| Act::Take(100 * MINUTE));
    (0..500).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let builder = world.builder().processor_with("p", options, probe);
    let run = world.start(builder.limits(Limits::default().messages(100)));
    sleep(10 * MINUTE).await;
    let held = run.handle.stats().held;
    assert!(held <= 4 + 10, "{held} held, four worked on");
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn trap_74_quick_work_fills_the_slots() {
    let world = World::new();
    (0..2_000).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let run = world.start(world.with_probe(|_| Act::Take(SECOND)));
    run.until("all slots are taken", || run.handle.stats().held == 100).await;
    run.until_finished().await;
    assert!(world.trace.elapsed() < 30 * SECOND, "{:?}", world.trace.elapsed());
    run.stop().await;
    assert_eq!(world.queue.in_place(Place::Deleted).len(), 2_000);
}

//! Large beside small, slow beside fast.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    ProcessorOptions,
    testing::{Event, Place, undelimited},
};
use std::time::Duration;

const TENTH: Duration = Duration::from_millis(100);

/// When each small object was done, in order, beside one of 20,000 records; every record takes a
/// tenth of a second.
async fn small_ones_done(small: usize, concurrency: usize) -> Vec<Duration> {
    let world = World::new();
    let huge = world.file("huge", undelimited(20_000));
    let options = ProcessorOptions::default().concurrency(concurrency);
    let processor = world.probe("p", |_| Act::Take(TENTH));
    let run = world.start(world.builder().processor_with("p", options, processor));
    run.until("the huge one is under way", || world.log.running() == concurrency).await;
    (0..small).for_each(|n| drop(world.file(&format!("small/{n}"), undelimited(5))));
    let small_left =
        || world.queue.in_place(Place::Visible).len() + world.queue.in_place(Place::InFlight).len();
    run.until("the small ones are done", || small_left() <= 1).await;
    assert_eq!(world.queue.place(&huge), Place::InFlight, "the huge one takes longer");
    let done = world.trace.times(|event| match event {
        Event::Settled { object, index: 4, .. } => object.starts_with("small"),
        _ => false,
    });
    run.until_finished().await;
    run.stop().await;
    done
}

#[tokio::test(start_paused = true)]
async fn trap_51_one_huge_object_does_not_hold_up_a_thousand_small_ones() {
    // Their own 5,000 records take 50 s; alone, the huge one takes 200 s.
    let done = small_ones_done(1_000, 10).await;
    assert_eq!(done.len(), 1_000);
    assert!(done[0] < 5 * SECOND, "the first waited {:?}", done[0]);
    assert!(done[999] < 75 * SECOND, "the last waited {:?}", done[999]);
}

#[tokio::test(start_paused = true)]
async fn trap_51_a_small_object_gets_its_turn_with_a_limit_of_one() {
    let done = small_ones_done(3, 1).await;
    assert!(done[2] < 20 * SECOND, "{done:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_processor_holds_up_no_other() {
    let world = World::new();
    let slow = world.probe("slow", |_| Act::Take(100 * SECOND));
    let fast = world.probe("fast", |_| Act::Done);
    let one = ProcessorOptions::default().concurrency(1).no_timeout();
    let run =
        world.start(world.builder().processor_with("slow", one, slow).processor("fast", fast));
    // Received together: more would not be while none of theirs is begun.
    let objects: Vec<_> =
        (0..20).map(|n| world.store.put(&format!("{n}"), undelimited(10))).collect();
    world.announce(&objects);
    let fast_ones =
        || world.log.done().iter().filter(|seen: &&Seen| seen.processor == "fast").count();
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!((fast_ones(), world.log.most_running("slow")), (200, 1));
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn a_processor_that_is_stuck_with_one_object_goes_on_with_others() {
    let world = World::new();
    let act =
        |seen: &Seen| if seen.key == "stuck" { Act::UntilCancelled } else { Act::Take(TENTH) };
    let options = ProcessorOptions::default().concurrency(4).no_timeout();
    let stuck = world.file("stuck", undelimited(3));
    let run = world.start(world.builder().processor_with("p", options, world.probe("p", act)));
    run.until("it is stuck", || world.log.running() == 3).await;
    let others: Vec<_> = (0..50).map(|n| world.file(&format!("{n}"), undelimited(10))).collect();
    run.until("the others are done", || {
        others.iter().all(|other| world.queue.place(other) == Place::Deleted)
    })
    .await;
    assert_eq!(world.queue.place(&stuck), Place::InFlight);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

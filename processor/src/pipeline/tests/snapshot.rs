//! What can be seen of a run: what is in flight, and spans.

mod spans;

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Limits, ProcessorOptions,
    testing::{Fault, Op, undelimited},
};

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_shows_progress_and_whom_it_waits_for() {
    let world = World::new();
    let message = world.file("a", undelimited(10));
    let slow = world
        .probe("slow", |seen| if seen.index < 4 { Act::Done } else { Act::Take(100 * SECOND) });
    let fast = world.probe("fast", |_| Act::Done);
    let options = ProcessorOptions::default().no_timeout();
    let run =
        world.start(world.builder().processor_with("slow", options, slow).processor("fast", fast));
    tokio::time::sleep(50 * SECOND).await;
    let [object] = <[_; 1]>::try_from(run.handle.in_flight()).expect("one object");
    assert_eq!((object.message_id, object.receive_count), (message, 1));
    assert_eq!(
        (object.bucket.as_str(), object.key.as_str(), object.version_id),
        ("data", "a", None)
    );
    assert!(object.opened);
    assert_eq!((object.records, object.settled["slow"], object.settled["fast"]), (10, 4, 10));
    assert_eq!(object.waiting_for, ["slow"]);
    assert!((49..=50).contains(&object.age.as_secs()), "{:?}", object.age);
    // Extended meanwhile.
    assert!(
        object.lease_left > SECOND && object.lease_left <= 600 * SECOND,
        "{:?}",
        object.lease_left
    );
    run.until_finished().await;
    assert_eq!(run.handle.in_flight(), []);
    assert_eq!(run.handle.stats().processors["slow"].done, 10);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_room_or_for_the_same_object_shows_too() {
    let world = World::new();
    let text = format!("\"{}\"", "x".repeat(200_000));
    let same = world.store.put("same", text.clone());
    let [first, second] = [(); 2].map(|()| world.announce(std::slice::from_ref(&same)));
    let third = world.file("other", text);
    let builder = world.with_probe(|_: &Seen| Act::Take(30 * SECOND));
    let run = world.start(builder.limits(Limits::default().buffered_bytes(256 << 10)));
    tokio::time::sleep(10 * SECOND).await;
    let shown: Vec<_> = run.handle.in_flight();
    assert_eq!(shown.iter().filter(|object| object.opened).count(), 1);
    let mut messages: Vec<_> = shown.into_iter().map(|object| object.message_id).collect();
    messages.sort();
    assert_eq!(messages, [first, second, third]);
    run.until_finished().await;
    assert_eq!(run.handle.in_flight(), []);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_extended_runs_out_in_the_snapshot() {
    let world = World::new();
    world.file("a", undelimited(1));
    world.queue.fail_always(Op::Change, Fault::Lost);
    let run = world.start(world.with_probe(|_| Act::UntilCancelled));
    tokio::time::sleep(10 * SECOND).await;
    let left = run.handle.in_flight()[0].lease_left;
    assert!((19..=20).contains(&left.as_secs()), "{left:?}");
    run.handle.abort();
    let handle = run.handle.clone();
    run.end().await.expect("it ends well");
    assert_eq!(handle.in_flight(), []);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_in_flight_after_the_run_was_dropped() {
    let world = World::new();
    world.file("a", undelimited(1));
    let run = world.start(world.with_probe(|_| Act::Forever));
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!(run.handle.in_flight().len(), 1);
    run.task.abort();
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!(run.handle.in_flight(), []);
}

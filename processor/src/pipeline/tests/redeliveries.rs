//! The same message twice.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    ProcessorOptions,
    testing::{Fault, Op, Place, undelimited},
};

#[tokio::test(start_paused = true)]
async fn trap_08_a_redelivery_of_a_running_message_replaces_its_receipt() {
    let world = World::new();
    let message = world.file("a", undelimited(2));
    let run = world.start(world.with_probe(|_| Act::Take(20 * SECOND)));
    run.until("it is worked on", || world.log.running() == 2).await;
    world.queue.deliver_again(&message);
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!(
        (world.log.seen().len(), stats.messages.deleted, stats.messages.received),
        (2, 1, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn trap_08_a_redelivery_of_a_failed_job_begins_anew_at_its_end() {
    let world = World::new();
    let objects = ["fails", "slow"].map(|key| world.store.put(key, undelimited(1)));
    let message = world.announce(&objects);
    let act = |seen: &Seen| match (seen.key.as_str(), seen.receive_count) {
        ("fails", 1) => Act::Fail,
        ("slow", 1) => Act::Take(100 * SECOND),
        _ => Act::Done,
    };
    let options = ProcessorOptions::default().no_timeout();
    let run = world.start(world.builder().processor_with("p", options, world.probe("p", act)));
    run.until("one object failed", || run.handle.stats().objects.failed == 1).await;
    world.queue.deliver_again(&message);
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let order: Vec<_> =
        world.log.done().iter().map(|seen| (seen.key.clone(), seen.receive_count)).collect();
    assert_eq!(order[0], ("slow".into(), 1), "the old job ends first: {order:?}");
    assert_eq!((stats.messages.deleted, stats.messages.released), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_09_two_copies_in_one_receive_are_one_job() {
    let world = World::new();
    // The first receive is for one message.
    world.file("first", undelimited(3));
    let message = world.file("a", undelimited(3));
    world.queue.fail_next(Op::Receive, Fault::None);
    world.queue.fail_next(Op::Receive, Fault::Duplicate);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((world.log.seen().len(), stats.messages.deleted), (6, 2));
}

#[tokio::test(start_paused = true)]
async fn trap_33_a_redelivery_of_a_finished_message_is_deleted_with_its_new_receipt() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    // The service loses the first delete although it said that it was done.
    world.queue.fail_next(Op::Delete, Fault::Ignore);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((world.log.seen().len(), stats.messages.deleted), (3, 2));
}

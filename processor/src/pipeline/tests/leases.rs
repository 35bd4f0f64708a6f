//! Leases are kept while work goes on, and what happens when they are not.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Limits, ProcessorOptions,
    testing::{EntryResult, Event, Fault, Op, Place, undelimited},
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn work_longer_than_the_visibility_timeout_is_delivered_once() {
    let world = World::new();
    (0..10).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let options = ProcessorOptions::default().no_timeout();
    let probe = world.probe("p", |_| Act::Take(90 * SECOND));
    let stats = world.run(world.builder().processor_with("p", options, probe)).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (10, 10));
    assert!(stats.queue.extensions >= 20, "{stats:?}");
    assert_eq!(
        world.trace.asked(Op::Change) as u64,
        stats.queue.extensions / 10,
        "ten to a request"
    );
    assert_eq!(world.trace.asked(Op::Delete), 1);
}

#[tokio::test(start_paused = true)]
async fn trap_41_what_waits_behind_slow_work_keeps_its_lease() {
    let world = World::new();
    (0..8).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let options = ProcessorOptions::default().concurrency(1).no_timeout();
    let probe = world.probe("p", |_| Act::Take(50 * SECOND));
    let stats = world.run(world.builder().processor_with("p", options, probe)).await;
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, world.log.seen().len()),
        (8, 8, 8)
    );
}

#[tokio::test(start_paused = true)]
async fn trap_39_before_the_twelve_hours_end_the_work_is_cancelled_and_handed_back() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    let options = ProcessorOptions::default().no_timeout();
    let act = |seen: &Seen| if seen.receive_count == 1 { Act::UntilCancelled } else { Act::Done };
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let run = world.start(builder);
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((stats.messages.released, stats.messages.lease_lost), (1, 0));
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    let held = received[1] - received[0];
    assert!(held > 12 * 3_600 * SECOND - 20 * SECOND && held <= 12 * 3_600 * SECOND, "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_busy_message_costs_fewer_requests_the_older_it_gets() {
    let world = World::new();
    world.file("a", undelimited(1));
    let options = ProcessorOptions::default().no_timeout();
    let probe = world.probe("p", |_| Act::Take(3 * 3_600 * SECOND));
    let stats = world.run(world.builder().processor_with("p", options, probe)).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (1, 1));
    assert!(stats.queue.extensions < 60, "{} extensions in 3 hours", stats.queue.extensions);
}

#[tokio::test(start_paused = true)]
async fn trap_45_a_lost_lease_cancels_the_work_and_begins_nothing_more() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let options = ProcessorOptions::default().concurrency(1).no_timeout();
    let act = |seen: &Seen| if seen.receive_count == 1 { Act::UntilCancelled } else { Act::Done };
    world.queue.fail_always(Op::Change, Fault::Refuse(crate::port::PortErrorKind::Transient));
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let stats = world.run(builder).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert_eq!(world.log.cancelled(), 1, "the processor is told");
    let first: Vec<_> =
        world.log.seen().into_iter().filter(|seen| seen.receive_count == 1).collect();
    assert_eq!(first.len(), 1, "nothing more is begun: {first:?}");
    assert_eq!(world.log.seen().len(), 4);
    assert_eq!((stats.messages.lease_lost, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_45_what_succeeded_after_its_lease_was_lost_is_deleted_all_the_same() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    world.queue.fail_always(Op::Change, Fault::Refuse(crate::port::PortErrorKind::Transient));
    // With one slot nobody receives it again in the meantime, so that the old receipt is still the
    // newest.
    let builder =
        world.with_probe(|_| Act::Take(45 * SECOND)).limits(Limits::default().messages(1));
    let stats = world.run(builder).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 1));
    assert_eq!(stats.messages.deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_40_a_slow_receive_leaves_less_of_the_lease() {
    let world = World::new();
    world.file("a", undelimited(1));
    // The service counts from when it handed the message out; the answer takes another six seconds.
    let slow = Fault::Slow { there: Duration::ZERO, back: 6 * SECOND };
    world.queue.fail_next(Op::Receive, slow);
    world.run(world.with_probe(|_| Act::Take(20 * SECOND))).await;
    let extended = world.trace.times(|event| matches!(event, Event::Asked { op: Op::Change, .. }));
    assert_eq!(extended[0], 15 * SECOND, "half a timeout after the receive was sent");
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_is_lost_is_sent_again_in_time() {
    let world = World::new();
    world.file("a", undelimited(1));
    world.queue.fail_next(Op::Change, Fault::Lost);
    let stats = world.run(world.with_probe(|_| Act::Take(50 * SECOND))).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (1, 1));
    assert!(
        world
            .trace
            .count(|event| matches!(event, Event::Changed { verdict: EntryResult::Done, .. }))
            >= 1
    );
}

#[tokio::test(start_paused = true)]
async fn trap_45_what_waits_for_a_permit_when_its_lease_is_lost_gives_up_at_once() {
    let world = World::new();
    world.file("hog", undelimited(1));
    let act = |seen: &Seen| if seen.key == "hog" { Act::Take(2_000 * SECOND) } else { Act::Done };
    let options = ProcessorOptions::default().concurrency(1).no_timeout();
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let run = world.start(builder.limits(Limits::default().messages(2)));
    run.until("the hog runs", || world.log.running() == 1).await;
    world.file("waiting", undelimited(1));
    world.queue.fail_always(Op::Change, Fault::Refuse(crate::port::PortErrorKind::Transient));
    tokio::time::sleep(50 * SECOND).await;
    let stats = run.handle.stats();
    assert_eq!(
        stats.messages.lease_lost, 1,
        "its slot is free long before the hog is done: {stats:?}"
    );
    assert_eq!(world.log.seen().len(), 1, "nothing of it was begun");
    world.queue.fail_always(Op::Change, Fault::None);
    run.until_finished().await;
    run.stop().await;
}

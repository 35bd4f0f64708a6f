//! Requests about held messages that fail, in part or as a whole, or that nobody answers.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    port::PortErrorKind,
    testing::{EntryResult, Event, Fault, Op, Place, undelimited},
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn trap_33_a_delete_that_is_refused_is_tried_again() {
    let world = World::new();
    world.file("a", undelimited(1));
    for _ in 0..2 {
        world.queue.fail_next(Op::Delete, Fault::Refuse(PortErrorKind::Transient));
    }
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, world.log.seen().len()),
        (1, 1, 1)
    );
    assert_eq!((world.trace.asked(Op::Delete), stats.queue.failed_requests), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn trap_33_a_message_that_could_not_be_deleted_is_remembered_and_not_redone() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    let run = world.start(world.with_probe(|_| Act::Done));
    world.queue.fail_always(Op::Delete, Fault::Refuse(PortErrorKind::Transient));
    run.until("it comes back", || world.queue.receives(&message) > 1).await;
    world.queue.fail_always(Op::Delete, Fault::None);
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), world.log.seen().len()), (Place::Deleted, 1));
    assert_eq!((stats.messages.deleted, stats.objects.opened), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_34_entries_of_a_batch_fail_one_by_one() {
    let world = World::new();
    (0..10).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    world.queue.fail_next(Op::Delete, Fault::Entries(vec![0, 7]));
    world.queue.fail_next(Op::Change, Fault::Entries(vec![3]));
    let stats = world.run(world.with_probe(|_| Act::Take(20 * SECOND))).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (10, 10));
    assert_eq!((world.trace.asked(Op::Delete), world.trace.asked(Op::Change)), (2, 2));
    assert_eq!(stats.queue.failed_requests, 3);
    assert_eq!(
        world
            .trace
            .count(|event| matches!(event, Event::Deleted { verdict: EntryResult::Done, .. })),
        10
    );
}

#[tokio::test(start_paused = true)]
async fn trap_35_a_stale_delete_that_is_answered_as_done_loses_nothing() {
    let world = World::with(crate::testing::QueueSettings {
        ignores_stale_deletes: true,
        ..Default::default()
    });
    let message = world.file("a", undelimited(1));
    world.queue.fail_always(Op::Change, Fault::Refuse(PortErrorKind::Transient));
    let run = world.start(world.with_probe(|_| Act::Take(45 * SECOND)));
    // Another consumer has it when the work here is done.
    tokio::time::sleep(20 * SECOND).await;
    run.handle.drain();
    tokio::time::sleep(12 * SECOND).await;
    let other = world.start(world.with_probe(|_| Act::Take(SECOND)));
    other.until_finished().await;
    drop(run.task.await);
    other.stop().await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_release_is_not_repeated_and_the_message_times_out() {
    for fault in [Fault::Lost, Fault::Unanswered(Duration::ZERO), Fault::Unanswered(3 * SECOND)] {
        let world = World::new();
        let message = world.file("a", undelimited(1));
        world.queue.fail_next(Op::Change, fault);
        let act = |seen: &Seen| if seen.receive_count == 1 { Act::Fail } else { Act::Done };
        let stats = world.run(world.with_probe(act)).await;
        assert_eq!(
            (world.queue.place(&message), world.queue.receives(&message)),
            (Place::Deleted, 2)
        );
        assert_eq!((stats.messages.left_to_time_out, stats.messages.released), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_unanswered_extension_a_failed_message_is_left_to_time_out() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    world.queue.fail_next(Op::Change, Fault::Unanswered(SECOND));
    let act = |seen: &Seen| {
        if seen.receive_count == 1 { Act::TakeAndFail(28 * SECOND) } else { Act::Done }
    };
    let stats = world.run(world.with_probe(act)).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert_eq!(
        (stats.messages.left_to_time_out, stats.messages.released, stats.messages.deleted),
        (1, 0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_delete_is_repeated_whether_it_took_effect_or_not() {
    for fault in [Fault::Lost, Fault::Unanswered(Duration::ZERO), Fault::Unanswered(5 * SECOND)] {
        let world = World::new();
        let message = world.file("a", undelimited(1));
        world.queue.fail_next(Op::Delete, fault);
        let run = world.start(world.with_probe(|_| Act::Done));
        run.until("it was tried again", || run.handle.stats().messages.deleted == 1).await;
        let stats = run.stop().await;
        assert_eq!((world.queue.place(&message), world.log.seen().len()), (Place::Deleted, 1));
        assert_eq!(stats.messages.received, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_receive_whose_answer_is_lost_costs_one_visibility_timeout() {
    let world = World::new();
    world.file("a", undelimited(1));
    world.queue.fail_next(Op::Receive, Fault::Unanswered(Duration::ZERO));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (1, 1));
    assert_eq!(
        world.trace.times(|event| matches!(event, Event::Received { count: 2, .. })),
        [30 * SECOND]
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_receives_pauses_and_is_survived() {
    let world = World::new();
    let run = world.start(world.with_probe(|_| Act::Done));
    run.until("it runs", || world.trace.asked(Op::Receive) == 1).await;
    world.queue.fail_always(Op::Receive, Fault::Refuse(PortErrorKind::Transient));
    tokio::time::sleep(600 * SECOND).await;
    assert!(
        world.trace.asked(Op::Receive) < 60,
        "{} receives in ten minutes",
        world.trace.asked(Op::Receive)
    );
    world.file("a", undelimited(1));
    world.queue.fail_always(Op::Receive, Fault::None);
    run.until_finished().await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_answers_empty_at_once_is_not_asked_in_a_circle() {
    let world = World::new();
    world.queue.fail_always(Op::Receive, Fault::Empty);
    let run = world.start(world.with_probe(|_| Act::Done));
    tokio::time::sleep(60 * SECOND).await;
    let asked = world.trace.asked(Op::Receive);
    assert!((30..=130).contains(&asked), "{asked} receives in a minute, without a long poll");
    world.queue.recover(Op::Receive);
    let message = world.file("a", undelimited(1));
    let sent = world.trace.elapsed();
    run.until_finished().await;
    run.stop().await;
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }))[0];
    assert!(received - sent <= SECOND, "a message waits for the pause at the most");
    assert_eq!(world.queue.place(&message), Place::Deleted);
}

//! The first request, and what it may say.

use super::{SECOND, logs::Logs, probe::Act, world::World};
use crate::{
    Lease, RunErrorKind, State,
    port::PortErrorKind,
    testing::{Event, Fault, Op, Place, QueueSettings, undelimited},
};

#[tokio::test(start_paused = true)]
async fn trap_46_the_queues_own_visibility_timeout_is_sent_with_every_receive() {
    let world =
        World::with(QueueSettings { visibility_timeout: 47 * SECOND, ..QueueSettings::default() });
    world.file("a", undelimited(1));
    world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        world
            .trace
            .count(|event| matches!(event, Event::Received { term, .. } if *term == 47 * SECOND)),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn trap_46_what_is_configured_goes_before_the_queues_own() {
    let world = World::new();
    world.file("a", undelimited(1));
    world
        .run(
            world.with_probe(|_| Act::Done).lease(Lease::default().visibility_timeout(12 * SECOND)),
        )
        .await;
    assert_eq!(
        world
            .trace
            .count(|event| matches!(event, Event::Received { term, .. } if *term == 12 * SECOND)),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn trap_46_attributes_that_may_not_be_read_need_a_configured_timeout() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    world.queue.fail_always(Op::Attributes, Fault::Refuse(PortErrorKind::Denied));
    let error = world.start(world.with_probe(|_| Act::Done)).end().await.unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::Denied);
    let text = error.to_string();
    assert!(
        text.contains("memory")
            && text.contains("sqs:GetQueueAttributes")
            && text.contains("`lease`"),
        "{text}"
    );
    assert_eq!(world.queue.place(&message), Place::Visible);
    let stats = world
        .run(
            world.with_probe(|_| Act::Done).lease(Lease::default().visibility_timeout(12 * SECOND)),
        )
        .await;
    assert_eq!(stats.messages.deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_be_reached_is_tried_a_few_times() {
    for (fault, kind, remedy) in [
        (Fault::Refuse(PortErrorKind::Transient), RunErrorKind::Unreachable, "endpoint"),
        (Fault::Lost, RunErrorKind::Unreachable, "endpoint"),
        (Fault::Refuse(PortErrorKind::Credentials), RunErrorKind::Credentials, "a role"),
    ] {
        let world = World::new();
        world.queue.fail_always(Op::Attributes, fault);
        let began = tokio::time::Instant::now();
        let error = world.start(world.with_probe(|_| Act::Done)).end().await.unwrap_err();
        assert_eq!((error.kind(), world.trace.asked(Op::Attributes)), (kind, 5));
        assert!(began.elapsed() < 70 * SECOND, "{:?}", began.elapsed());
        assert!(error.to_string().contains(remedy), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_answers_after_some_failures_is_used() {
    let world = World::new();
    world.file("a", undelimited(1));
    world.queue.fail_next(Op::Attributes, Fault::Refuse(PortErrorKind::Throttled));
    world.queue.fail_next(Op::Attributes, Fault::Refuse(PortErrorKind::Credentials));
    assert_eq!(world.run(world.with_probe(|_| Act::Done)).await.messages.deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn what_trying_again_does_not_help_ends_it_at_once() {
    let cases = [
        (PortErrorKind::Gone, RunErrorKind::QueueNotFound),
        (PortErrorKind::Fatal, RunErrorKind::Setting),
    ];
    for (refusal, kind) in cases {
        let world = World::new();
        world.queue.fail_always(Op::Attributes, Fault::Refuse(refusal));
        let error = world.start(world.with_probe(|_| Act::Done)).end().await.unwrap_err();
        assert_eq!((error.kind(), world.trace.asked(Op::Attributes)), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn without_attributes_the_first_receive_shows_that_nothing_is_allowed() {
    for (refusal, kind) in [
        (PortErrorKind::Denied, RunErrorKind::Denied),
        (PortErrorKind::Gone, RunErrorKind::QueueNotFound),
        (PortErrorKind::Credentials, RunErrorKind::Credentials),
    ] {
        let world = World::new();
        world.queue.fail_always(Op::Attributes, Fault::Refuse(PortErrorKind::Denied));
        world.queue.fail_always(Op::Receive, Fault::Refuse(refusal));
        let builder =
            world.with_probe(|_| Act::Done).lease(Lease::default().visibility_timeout(12 * SECOND));
        let error = world.start(builder).end().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_without_a_redrive_policy_is_warned_about() {
    let logs = Logs::gather();
    let world = World::new();
    world.start(world.with_probe(|_| Act::Done)).stop().await;
    let before = logs.text();
    assert!(!before.contains("redrive"), "told to stop before it asked: {before}");
    let run = world.start(world.with_probe(|_| Act::Done));
    run.until("it receives", || world.trace.asked(Op::Receive) > 0).await;
    run.stop().await;
    assert!(logs.say(&["no redrive policy", "memory"]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn the_state_says_how_far_it_is_and_when_the_queue_answered() {
    let world = World::new();
    world.queue.fail_next(Op::Attributes, Fault::Refuse(PortErrorKind::Transient));
    let run = world.start(world.with_probe(|_| Act::Take(5 * SECOND)));
    let handle = run.handle.clone();
    assert_eq!((handle.state(), handle.queue_silent_for()), (State::Starting, None));
    run.until("the queue answers", || handle.queue_silent_for().is_some()).await;
    assert_eq!(handle.state(), State::Running);
    tokio::time::sleep(100 * SECOND).await;
    assert!(handle.queue_silent_for().unwrap() <= 20 * SECOND, "each receive is an answer");
    world.file("a", undelimited(1));
    run.until("it is worked on", || !world.log.seen().is_empty()).await;
    handle.drain();
    assert_eq!(handle.state(), State::Draining);
    run.end().await.unwrap();
    assert_eq!(handle.state(), State::Stopped);
    // One that cannot start has ended, too.
    world.queue.fail_always(Op::Attributes, Fault::Refuse(PortErrorKind::Denied));
    let run = world.start(world.with_probe(|_| Act::Done));
    let failed = run.handle.clone();
    run.end().await.unwrap_err();
    assert_eq!(failed.state(), State::Stopped);
    world.queue.recover(Op::Attributes);
    // One that is dropped hands back first.
    world.file("b", undelimited(1));
    let run = world.start(world.with_probe(|_| Act::Forever));
    let handle = run.handle.clone();
    run.until("it is worked on", || world.log.seen().len() == 2).await;
    run.task.abort();
    drop(run.task.await);
    assert_eq!(handle.state(), State::Aborting);
    world.last_poll_ends().await;
    tokio::time::sleep(SECOND).await;
    assert_eq!((handle.state(), handle.stats().held), (State::Stopped, 0));
}

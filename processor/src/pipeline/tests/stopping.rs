//! Draining, aborting, being dropped, and a queue that goes away.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    world::{Run, World},
};
use crate::{
    Limits, ProcessorOptions, RunErrorKind, State,
    port::PortErrorKind,
    testing::{EntryResult, Event, Fault, Op, Place, ndjson, undelimited},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Five messages, of which one object at a time is read: the first takes `first`, the others were
/// not begun.
async fn one_of_five_runs(world: &World, act: Act, drain_timeout: Duration) -> Run {
    (0..5).for_each(|n| drop(world.file(&n.to_string(), ndjson(5_000))));
    let first = move |seen: &Seen| if seen.index == 0 { act } else { Act::Done };
    let options = ProcessorOptions::default().no_timeout();
    let builder = world
        .builder()
        .processor_with("p", options, world.probe("p", first))
        .limits(Limits::default().messages(5).buffered_bytes(256 << 10))
        .drain_timeout(drain_timeout);
    let run = world.start(builder);
    run.until("the first is worked on", || world.log.running() == 1).await;
    sleep(SECOND).await;
    run
}

/// The terms that visibility timeouts were set to, and when.
fn changes(world: &World) -> Vec<(Duration, Duration)> {
    let events = world.trace.events().into_iter();
    let change = |(at, event)| match event {
        Event::Changed { term, verdict: EntryResult::Done, .. } => Some((at, term)),
        _ => None,
    };
    events.filter_map(change).collect()
}

#[tokio::test(start_paused = true)]
async fn trap_48_draining_hands_the_unstarted_back_at_once_and_finishes_what_runs() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Take(10 * SECOND), 60 * SECOND).await;
    let began = Instant::now();
    run.handle.drain();
    sleep(SECOND / 10).await;
    assert_eq!(changes(&world).iter().filter(|(_, term)| term.is_zero()).count(), 4);
    assert_eq!(world.queue.in_place(Place::Visible).len(), 4);
    assert_eq!(run.handle.state(), State::Draining);
    let stats = run.stop().await;
    assert!(began.elapsed() < 10 * SECOND, "{:?}", began.elapsed());
    assert_eq!((stats.messages.deleted, stats.messages.released), (1, 4));
    assert_eq!((stats.objects.cancelled, stats.objects.failed), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_47_leases_are_kept_while_draining() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Take(100 * SECOND), 200 * SECOND).await;
    let stats = run.stop().await;
    assert_eq!((stats.messages.deleted, stats.messages.lease_lost), (1, 0));
    assert_eq!(world.queue.in_place(Place::Deleted).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_drain_deadline_what_runs_is_given_up_and_handed_back() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Forever, 7 * SECOND).await;
    let began = Instant::now();
    let stats = run.stop().await;
    assert_eq!(began.elapsed().as_secs(), 7);
    assert_eq!(world.queue.in_place(Place::Visible).len(), 5);
    assert_eq!(
        (stats.messages.released, stats.messages.deleted, stats.messages.abandoned),
        (5, 0, 0)
    );
    assert!(stats.processors["p"].cancelled > 0, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_receive_brings_that_was_just_sent_is_handed_back() {
    let world = World::new();
    let run = world.start(world.with_probe(|_| Act::Done));
    run.until("it polls", || world.trace.asked(Op::Receive) == 1).await;
    run.handle.drain();
    sleep(SECOND / 2).await;
    let message = world.file("late", undelimited(1));
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), world.log.seen().len()), (Place::Visible, 0));
    assert_eq!((stats.messages.received, stats.messages.released), (1, 1));
    assert_eq!(world.trace.asked(Op::Receive), 1);
}

#[tokio::test(start_paused = true)]
async fn trap_79_a_long_poll_with_nothing_held_is_no_reason_to_wait_or_to_warn() {
    let world = World::new();
    let logs = Logs::gather();
    for drain_timeout in [Duration::ZERO, 3 * SECOND] {
        let builder = world.with_probe(|_| Act::Done).drain_timeout(drain_timeout);
        let run = world.start(builder);
        let before = world.trace.asked(Op::Receive);
        run.until("it polls", || world.trace.asked(Op::Receive) > before).await;
        sleep(3 * SECOND).await;
        let began = Instant::now();
        run.stop().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
    assert_eq!(logs.count(&["aborting"]), 0, "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn trap_79_what_is_handed_back_does_not_wait_for_a_long_poll() {
    let world = World::new();
    world.file("a", undelimited(1));
    let run = world.start(world.with_probe(|_| Act::Take(2 * SECOND)));
    run.until("it works and polls", || {
        world.log.running() == 1 && world.trace.asked(Op::Receive) > 1
    })
    .await;
    run.handle.abort();
    let began = Instant::now();
    run.end().await.unwrap();
    assert!(began.elapsed() <= 2 * SECOND, "{:?}", began.elapsed());
    let terms: Vec<_> = changes(&world).into_iter().map(|(_, term)| term.as_secs()).collect();
    assert!(terms.len() == 1 && (10..=20).contains(&terms[0]), "as long as the poll: {terms:?}");
}

#[tokio::test(start_paused = true)]
async fn aborting_drops_what_runs_and_counts_what_was_done() {
    let world = World::new();
    world.file("a", undelimited(10));
    let run =
        world.start(world.with_probe(|seen| if seen.index < 4 { Act::Done } else { Act::Forever }));
    run.until("six hang", || world.log.running() == 6).await;
    run.handle.abort();
    let stats = run.end().await.unwrap();
    world.last_poll_ends().await;
    assert_eq!(world.queue.in_place(Place::Visible).len(), 1);
    let p = &stats.processors["p"];
    assert_eq!((p.done, p.failed, p.cancelled), (4, 0, 6));
    assert_eq!((stats.messages.deleted, stats.objects.cancelled), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_47_dropping_the_run_hands_everything_back_and_deletes_nothing_that_was_not_done() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Forever, 60 * SECOND).await;
    run.task.abort();
    assert!(run.task.await.unwrap_err().is_cancelled());
    sleep(SECOND).await;
    assert_eq!((world.queue.in_place(Place::Visible).len(), world.trace.asked(Op::Delete)), (5, 0));
    assert_eq!((world.log.running(), world.store.open()), (0, 0));
    sleep(30 * SECOND).await;
    assert_eq!(
        tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        0,
        "the control side ended by itself"
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_run_while_it_drains_ends_it_too() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Forever, 3_600 * SECOND).await;
    run.handle.drain();
    sleep(SECOND).await;
    run.task.abort();
    sleep(30 * SECOND).await;
    assert_eq!(world.queue.in_place(Place::Visible).len(), 5);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_refuses_everything_does_not_hold_up_the_end() {
    let faults = [
        Fault::Refuse(PortErrorKind::Transient),
        Fault::Lost,
        Fault::Slow { there: 5 * SECOND, back: 5 * SECOND },
        Fault::Slow { there: Duration::ZERO, back: 7 * SECOND },
    ];
    for fault in faults {
        let world = World::new();
        let run = one_of_five_runs(&world, Act::Forever, 10 * SECOND).await;
        world.queue.fail_always(Op::Change, fault.clone());
        world.queue.fail_always(Op::Delete, fault);
        let began = Instant::now();
        run.stop().await;
        assert!(
            began.elapsed() <= 10 * SECOND + 2 * Duration::from_millis(7_500),
            "I8: {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_under_way_at_the_end_of_an_abort_does_not_hold_it_up() {
    let world = World::new();
    world.file("a", undelimited(1));
    world.queue.fail_always(Op::Delete, Fault::Refuse(PortErrorKind::Transient));
    let run = world.start(world.with_probe(|_| Act::Done));
    run.until("it is to be deleted", || world.trace.asked(Op::Delete) > 0).await;
    run.handle.abort();
    let began = Instant::now();
    run.end().await.unwrap();
    assert!(began.elapsed() <= 15 * SECOND, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_vanishes_ends_the_run() {
    let world = World::new();
    let run = one_of_five_runs(&world, Act::Forever, 60 * SECOND).await;
    world.queue.vanish();
    let began = Instant::now();
    let error = run.end().await.unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::QueueNotFound);
    assert!(error.to_string().contains("memory"), "{error}");
    assert!(began.elapsed() <= 30 * SECOND, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_is_a_stop() {
    let world = World::new();
    let message = world.file("a", undelimited(1));
    world.queue.fail_always(Op::Attributes, Fault::Lost);
    let run = world.start(world.with_probe(|_| Act::Done));
    sleep(SECOND).await;
    let began = Instant::now();
    run.stop().await;
    assert_eq!((began.elapsed(), world.queue.place(&message)), (Duration::ZERO, Place::Visible));
}

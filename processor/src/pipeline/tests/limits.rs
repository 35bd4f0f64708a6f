//! Nothing is held beyond the limits, and the smallest limits still work.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Limits, ProcessorOptions,
    testing::{Chaos, Event, Op, Place, QueueSettings, gzip, ndjson, undelimited},
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn slots_are_never_exceeded_and_nothing_is_received_without_a_free_one() {
    let world = World::new();
    (0..60).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let builder = world.with_probe(|_| Act::Take(3 * SECOND)).limits(Limits::default().messages(7));
    let run = world.start(builder);
    let handle = run.handle.clone();
    run.until("all is finished", || {
        assert!(handle.stats().held <= 7);
        // What the service holds for us is what we hold: a receive never brings more than there are
        // slots.
        assert!(world.queue.in_place(Place::InFlight).len() <= 7);
        world.queue.is_finished()
    })
    .await;
    let stats = run.stop().await;
    assert_eq!((stats.messages.deleted, world.log.most_running("p")), (60, 7));
}

#[tokio::test(start_paused = true)]
async fn with_all_slots_taken_the_queue_is_not_asked() {
    let world = World::new();
    (0..3).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let options = ProcessorOptions::default().no_timeout();
    let probe = world.probe("p", |_| Act::Take(1_000 * SECOND));
    let run = world.start(
        world.builder().processor_with("p", options, probe).limits(Limits::default().messages(2)),
    );
    run.until("two are worked on", || world.log.running() == 2).await;
    let before = world.trace.asked(Op::Receive);
    tokio::time::sleep(500 * SECOND).await;
    assert_eq!(world.trace.asked(Op::Receive), before);
    run.until_finished().await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_reached_and_never_exceeded() {
    let world = World::new();
    (0..5).for_each(|n| drop(world.file(&n.to_string(), undelimited(20))));
    let one = world.probe("one", |_| Act::Take(SECOND));
    let five = world.probe("five", |_| Act::Take(SECOND));
    let builder = world
        .builder()
        .processor_with("one", ProcessorOptions::default().concurrency(1).no_timeout(), one)
        .processor_with("five", ProcessorOptions::default().concurrency(5).no_timeout(), five);
    let began = tokio::time::Instant::now();
    let stats = world.run(builder).await;
    assert_eq!((world.log.most_running("one"), world.log.most_running("five")), (1, 5));
    assert_eq!(stats.messages.deleted, 5);
    assert!(
        began.elapsed() < 125 * SECOND,
        "{:?} for 100 records one after the other",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn trap_50_limits_of_one_do_not_deadlock() {
    let world = World::new();
    for n in 0..5 {
        let objects =
            ["x", "y", "z"].map(|name| world.store.put(&format!("{n}{name}"), ndjson(3_000)));
        world.announce(&objects);
    }
    let options = || ProcessorOptions::default().concurrency(1).no_timeout();
    let slow =
        |seen: &Seen| if seen.index.is_multiple_of(1_000) { Act::Take(SECOND) } else { Act::Done };
    let builder = world
        .builder()
        .processor_with("a", options(), world.probe("a", slow))
        .processor_with("b", options(), world.probe("b", |_| Act::Done))
        .limits(Limits::default().messages(1).buffered_bytes(256 << 10))
        .decoder_threads(1);
    let stats = world.run(builder).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (5, 5));
    assert_eq!((stats.processors["a"].done, stats.processors["b"].done), (45_000, 45_000));
    assert_eq!(world.store.most_open(), 1, "one place: one object at a time");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_processor_leaves_its_permits_to_the_others_of_its_limit() {
    let world = World::new();
    let message = world.file("slow", undelimited(3));
    let act = |seen: &Seen| match (seen.key.as_str(), seen.index) {
        // Two permits: record 0 and 1 wait, 2 takes the permit of 0; then 1 ends, and its permit is
        // free.
        ("slow", 0) => Act::Take(SECOND),
        ("slow", 1) => Act::Take(2 * SECOND),
        ("slow", _) => Act::Take(1_000 * SECOND),
        _ => Act::Done,
    };
    let options = ProcessorOptions::default().concurrency(2).no_timeout();
    let run = world.start(world.builder().processor_with("p", options, world.probe("p", act)));
    run.until("it runs", || world.log.running() == 2).await;
    let quick = world.file("quick", undelimited(1));
    tokio::time::sleep(100 * SECOND).await;
    assert_eq!(
        (world.queue.place(&quick), world.queue.place(&message)),
        (Place::Deleted, Place::InFlight)
    );
    run.until_finished().await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_hundred_messages_with_random_failures_all_end_and_none_too_early() {
    let world = World::with(QueueSettings { max_receives: Some(8), ..QueueSettings::default() });
    let messages: Vec<_> = (0..200)
        .map(|n| world.file(&format!("{n:03}"), gzip(undelimited(n % 17).as_bytes())))
        .collect();
    let faults = Chaos {
        refuse: 50,
        entries: 100,
        duplicate: 50,
        latency: Duration::from_millis(200),
        ..Chaos::default()
    };
    world.queue.chaos(Some(faults), 11);
    let act = |seen: &Seen| match (seen.key.parse::<u64>().unwrap() * 31 + seen.index * 7) % 97 {
        0 => Act::Fail,
        1 if seen.receive_count == 1 => Act::Panic,
        2..10 if seen.receive_count < 3 => Act::TakeAndFail(SECOND),
        10..40 => Act::Take(SECOND / 10),
        _ => Act::Done,
    };
    let builder = world
        .builder()
        .processor("a", world.probe("a", act))
        .processor("b", world.probe("b", |_| Act::Done))
        .limits(Limits::default().messages(20));
    let run = world.start(builder);
    run.until_finished().await;
    world.queue.chaos(None, 0);
    tokio::time::sleep(30 * SECOND).await;
    run.stop().await;
    let dead = world.queue.in_place(Place::Dead);
    assert!((1..100).contains(&dead.len()), "{dead:?}");
    for (n, message) in messages.iter().enumerate().filter(|(_, message)| !dead.contains(message)) {
        assert!(world.all_done(&["a", "b"], &format!("{n:03}"), (n % 17) as u64), "I1: {message}");
    }
    let deletes = world.trace.count(|event| {
        matches!(event, Event::Deleted { verdict: crate::testing::EntryResult::Done, .. })
    });
    assert_eq!(deletes, 200 - dead.len(), "each once");
}

//! Failures of records and of objects: what they cost, and that they never delete anything.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Builder, Limits, ProcessorOptions, Stats,
    testing::{Event, ObjectFault, Op, Place, QueueSettings, gzip, ndjson, undelimited},
};

/// A queue that gives up after two receives.
fn world() -> World {
    World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() })
}

/// The object fails in both deliveries, its message is in the dead-letter queue, and a log names
/// the object.
async fn fails(world: &World, builder: Builder, key: &str, says: &str) -> Stats {
    let logs = Logs::gather();
    let stats = world.run(builder).await;
    let name = format!("s3://data/{key}");
    assert!(logs.say(&[&name, says]), "{}", logs.text());
    assert_eq!(world.queue.in_place(Place::Dead).len(), 1);
    assert_eq!(world.trace.count(|event| matches!(event, Event::Deleted { .. })), 0);
    assert_eq!((stats.messages.deleted, stats.messages.released, stats.objects.failed), (0, 2, 2));
    assert_eq!((stats.objects.done, stats.objects.cancelled), (0, 0));
    stats
}

#[tokio::test(start_paused = true)]
async fn trap_49_a_panic_is_a_failure_of_that_record_alone() {
    let world = world();
    world.file("a", undelimited(6));
    let act = |seen: &Seen| if seen.index == 2 { Act::Panic } else { Act::Done };
    let stats = fails(&world, world.with_probe(act), "a", "told to panic").await;
    let p = &stats.processors["p"];
    assert_eq!((p.done, p.failed, p.panicked, p.cancelled), (10, 2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_37_however_often_it_failed_a_message_is_never_deleted() {
    let world = World::with(QueueSettings { max_receives: Some(5), ..QueueSettings::default() });
    let message = world.file("a", undelimited(3));
    let act = |seen: &Seen| if seen.index == 1 { Act::Reject } else { Act::Done };
    let stats = world.run(world.with_probe(act)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Dead, 5));
    assert_eq!((world.trace.asked(Op::Delete), stats.messages.released), (0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_a_failure_of_that_record_alone() {
    let world = world();
    world.file("a", undelimited(6));
    let act = |seen: &Seen| if seen.index == 2 { Act::Forever } else { Act::Take(SECOND) };
    let options = ProcessorOptions::default().timeout(5 * SECOND);
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let stats = fails(&world, builder, "a", "took longer than 5s").await;
    let p = &stats.processors["p"];
    assert_eq!((p.done, p.failed, p.timed_out, p.cancelled), (10, 2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failed_record_may_ask_for_more_delay() {
    let world = world();
    world.file("a", undelimited(2));
    let act =
        |seen: &Seen| if seen.index == 0 { Act::RetryAfter(100 * SECOND) } else { Act::Reject };
    fails(&world, world.with_probe(act), "a", "for a while").await;
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    assert_eq!(received[1] - received[0], 100 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn trap_21_truncated_gzip_is_never_deleted_although_every_record_succeeded() {
    let world = world();
    let mut bytes = gzip(ndjson(1_000).as_bytes());
    bytes.truncate(bytes.len() - 4);
    world.file("a.gz", bytes);
    let stats = fails(&world, world.with_probe(|_| Act::Done), "a.gz", "incomplete").await;
    assert_eq!((stats.objects.unreadable, stats.processors["p"].failed), (2, 0));
    assert_eq!(stats.processors["p"].done, 2_000, "what stands before the fault is worked on");
}

#[tokio::test(start_paused = true)]
async fn trap_12_a_short_body_is_never_deleted() {
    for size in [200, 20_000] {
        let world = world();
        world.file("a", ndjson(size));
        // Between two records, so that nothing but the length tells.
        world.store.fail("a", ObjectFault::Short(ndjson(100).len()), 1_000);
        let stats = fails(&world, world.with_probe(|_| Act::Done), "a", "ended after").await;
        assert_eq!(stats.objects.unreadable, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_13_a_broken_connection_is_never_a_delete() {
    for size in [200, 20_000] {
        let world = world();
        world.file("a", ndjson(size));
        world.store.fail("a", ObjectFault::Break(1_000), 1_000);
        fails(&world, world.with_probe(|_| Act::Done), "a", "broke after").await;
    }
}

#[tokio::test(start_paused = true)]
async fn trap_15_a_missing_object_fails_and_is_named() {
    let world = world();
    world.file("a", undelimited(1));
    world.store.remove("a");
    let stats = fails(&world, world.with_probe(|_| Act::Done), "a", "NoSuchKey").await;
    assert_eq!((stats.objects.unreadable, stats.objects.opened), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_16_a_denied_object_fails_alone_and_is_named() {
    let world = world();
    let objects = ["a", "b"].map(|key| world.store.put(key, undelimited(3)));
    world.announce(&objects);
    world.store.fail("a", ObjectFault::Denied, 1);
    let logs = Logs::gather();
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert!(logs.say(&["s3://data/a", "AccessDenied"]), "{}", logs.text());
    assert!(world.all_done(&["p"], "b", 3));
    assert_eq!((stats.messages.released, stats.messages.deleted, stats.objects.failed), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_store_is_a_failure_with_its_delay() {
    let world = world();
    world.file("a", undelimited(3));
    world.store.fail("a", ObjectFault::Panic, 1);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    assert_eq!(
        received[1] - received[0],
        30 * SECOND,
        "released at once it would circle as fast as it can"
    );
    assert_eq!((stats.messages.released, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_24_a_bomb_fails_the_object() {
    let bomb = gzip(&vec![b' '; 4 << 20]);
    let ratio = world();
    ratio.file("a", bomb.clone());
    let limits = Limits::default().compression_ratio(100);
    fails(&ratio, ratio.with_probe(|_| Act::Done).limits(limits), "a", "expands too much").await;
    let size = world();
    size.file("a", bomb);
    let limits = Limits::default().object_bytes(1 << 20);
    fails(&size, size.with_probe(|_| Act::Done).limits(limits), "a", "too large after").await;
}

#[tokio::test(start_paused = true)]
async fn trap_28_a_record_above_the_limit_fails_and_the_others_go_on() {
    let world = world();
    world.file("a", format!("{{\"n\":1}}{{\"n\":\"{}\"}}{{\"n\":3}}", "x".repeat(100)));
    let builder = world.with_probe(|_| Act::Done).limits(Limits::default().record_bytes(50));
    let stats = fails(&world, builder, "a", "limits.record_bytes (50)").await;
    assert_eq!((stats.objects.records_refused, stats.processors["p"].done), (2, 4));
    assert_eq!(stats.objects.unreadable, 0);
}

#[tokio::test(start_paused = true)]
async fn too_many_failed_records_cut_the_object_short() {
    let world = world();
    let objects = ["a", "b"].map(|key| world.store.put(key, undelimited(50)));
    world.announce(&objects);
    let act = |seen: &Seen| if seen.key == "a" { Act::Fail } else { Act::Done };
    let builder = world.with_probe(act).limits(Limits::default().failed_records(10));
    let logs = Logs::gather();
    let stats = world.run(builder).await;
    assert!(logs.say(&["s3://data/a", "cut short"]), "{}", logs.text());
    let p = &stats.processors["p"];
    assert_eq!(
        (p.failed, p.cancelled, p.done),
        (20, 80, 100),
        "the other object of the message goes on"
    );
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    assert_eq!(received[1] - received[0], 30 * SECOND, "it failed, it was not given up");
}

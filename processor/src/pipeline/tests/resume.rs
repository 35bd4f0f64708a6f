//! Reading on after a connection broke, stalled, or was left idle for too long.

use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    ProcessorOptions,
    testing::{ObjectFault, Op, Place, Random, gzip, ndjson, undelimited},
};
use std::time::Duration;

/// What the processor got of an object, in order: index and payload.
fn records(world: &World, receive_count: u32) -> Vec<(u64, String)> {
    let seen = world.log.seen().into_iter().filter(|seen| seen.receive_count == receive_count);
    seen.map(|seen| (seen.index, seen.payload)).collect()
}

fn numbered(records: u64) -> Vec<(u64, String)> {
    (0..records).map(|n| (n, format!("{{\"n\":{n}}}"))).collect()
}

/// Bytes that do not compress, so that there is something to break.
fn noise(random: &mut Random, records: usize) -> (String, Vec<(u64, String)>) {
    let lines: Vec<_> =
        (0..records).map(|_| format!("\"{:016x}{:016x}\"", random.next(), random.next())).collect();
    (lines.join("\n"), lines.into_iter().enumerate().map(|(n, line)| (n as u64, line)).collect())
}

#[tokio::test(start_paused = true)]
async fn trap_13_wherever_and_however_often_it_breaks_each_record_comes_once() {
    for seed in 0..60 {
        let random = &mut Random::new(seed);
        let world = World::new();
        world.store.chunk_size(1 + random.below(if seed % 3 == 0 { 100 } else { 5_000 }) as usize);
        // Small ones are read where they are decoded, the others ahead.
        let count = if seed % 2 == 0 { 20 } else { 4_000 } + random.below(50);
        let (text, expected) = noise(random, count as usize);
        let bytes = if random.chance(500) { gzip(text.as_bytes()) } else { text.into_bytes() };
        let mut breaks: Vec<_> =
            (0..random.below(40)).map(|_| random.below(bytes.len() as u64) as usize).collect();
        breaks.extend([0, bytes.len() - 1, bytes.len()]);
        breaks.sort_unstable();
        let faults = breaks
            .iter()
            .map(|at| if at % 2 == 0 { ObjectFault::Break(*at) } else { ObjectFault::Short(*at) });
        world.store.fail_in_turn("a", faults);
        let size = bytes.len() as u64;
        let message = world.file("a", bytes);
        let stats = world.run(world.with_probe(|_| Act::Done)).await;
        assert_eq!(
            (world.queue.receives(&message), world.queue.place(&message)),
            (1, Place::Deleted),
            "seed {seed}"
        );
        let mut seen = records(&world, 1);
        seen.sort();
        assert_eq!(seen, expected, "seed {seed}");
        assert_eq!((stats.objects.bytes_read, stats.objects.records), (size, count), "seed {seed}");
        let reads = world.store.reads();
        assert!(reads.iter().skip(1).all(|read| read.is_pinned), "seed {seed}: {reads:?}");
        assert_eq!(reads.len() as u64, stats.objects.resumed + 1, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_after_its_last_byte_has_brought_everything() {
    let world = World::new();
    let text = undelimited(5);
    world.store.fail("a", ObjectFault::Break(text.len()), 1);
    world.file("a", text);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        (stats.messages.deleted, stats.objects.resumed, stats.objects.unreadable),
        (1, 0, 0)
    );
    assert_eq!(records(&world, 1), numbered(5));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stalls_is_opened_anew_at_the_exact_byte() {
    let world = World::new();
    world.store.fail("a", ObjectFault::Stall(10, 10_000 * SECOND), 1);
    world.file("a", undelimited(5));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.deleted, stats.objects.resumed), (1, 1));
    assert_eq!(records(&world, 1), numbered(5));
    assert_eq!(world.store.reads().iter().map(|read| read.from).collect::<Vec<_>>(), [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn opening_anew_that_is_never_answered_is_tried_again() {
    let world = World::new();
    let faults =
        [ObjectFault::Break(10), ObjectFault::SlowOpen(10_000 * SECOND), ObjectFault::Unavailable];
    world.store.fail_in_turn("a", faults);
    world.file("a", undelimited(5));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.deleted, stats.objects.resumed, stats.messages.released), (1, 3, 0));
    assert_eq!(records(&world, 1), numbered(5));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_nobody_answers_about_is_asked_for_a_few_times_before_it_comes_back() {
    for (silent, unreadable, receives) in [(6, 0, 1), (7, 1, 2)] {
        let world = World::new();
        world.store.fail("a", ObjectFault::SlowOpen(100_000 * SECOND), silent);
        let message = world.file("a", undelimited(5));
        let stats = world.run(world.with_probe(|_| Act::Done)).await;
        assert_eq!(
            (stats.objects.unreadable, world.queue.receives(&message)),
            (unreadable, receives)
        );
        assert_eq!((world.store.reads().len(), stats.outages.declared), (silent + 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn trap_14_a_slow_processor_reads_on_whenever_its_connection_was_reset() {
    let world = World::new();
    let (text, expected) = noise(&mut Random::new(1), 20_000);
    world.store.fail_in_turn("a", (1..15).map(|n| ObjectFault::Break(n * 45_000)));
    let message = world.file("a", text);
    let options = ProcessorOptions::default().concurrency(200);
    let slow = world.probe("p", |_| Act::Take(3 * SECOND));
    let stats = world.run(world.builder().processor_with("p", options, slow)).await;
    assert_eq!((stats.objects.resumed, world.queue.receives(&message)), (14, 1));
    let mut seen = records(&world, 1);
    seen.sort();
    assert_eq!(seen, expected);
}

/// An object that is overwritten when its first read has broken, long before it is read on.
async fn overwritten(world: &World, old: String, new: String) -> (String, crate::Stats) {
    let mut faults = vec![ObjectFault::Break(old.len() / 2)];
    faults.extend([ObjectFault::Unavailable; 4]);
    world.store.fail_in_turn("a", faults);
    let message = world.file("a", old);
    let run = world.start(world.with_probe(|_| Act::Done));
    run.until("it broke", || run.handle.stats().objects.resumed > 0).await;
    assert!(run.handle.stats().objects.resumed < 4);
    world.store.put("a", new);
    run.until_finished().await;
    (message, run.stop().await)
}

#[tokio::test(start_paused = true)]
async fn trap_13_two_versions_are_never_spliced() {
    for lines in [10, 8_000] {
        let world = World::new();
        let new = ndjson(lines).replace("n", "m");
        let (message, stats) = overwritten(&world, ndjson(lines), new).await;
        assert_eq!((stats.objects.unreadable, world.queue.receives(&message)), (1, 2));
        assert!(
            records(&world, 1).iter().all(|(_, payload)| payload.contains("\"n\"")),
            "of the old one only"
        );
        let second = records(&world, 2);
        assert_eq!(second.len(), lines);
        assert!(second.iter().all(|(_, payload)| payload.contains("\"m\"")), "of the new one only");
        assert_eq!((stats.objects.overwritten, world.trace.asked(Op::Delete)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn trap_11_a_version_is_read_on_whatever_was_written_since() {
    let world = World::new();
    world.store.keep_versions();
    let (message, stats) = overwritten(&world, ndjson(10), "\"something else\"".into()).await;
    assert_eq!((stats.objects.unreadable, world.queue.receives(&message)), (0, 1));
    assert_eq!(records(&world, 1), numbered(10));
    assert!(world.store.reads().iter().all(|read| read.version_id.as_deref() == Some("v1")));
}

#[tokio::test(start_paused = true)]
async fn trap_13_without_an_etag_nothing_is_read_on() {
    let world = World::new();
    world.store.hide_etags();
    world.store.fail("a", ObjectFault::Break(10), 1);
    let message = world.file("a", undelimited(5));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        (stats.objects.resumed, stats.objects.unreadable, world.queue.receives(&message)),
        (0, 1, 2)
    );
    assert!(world.store.reads().iter().all(|read| read.from == 0));
}

#[tokio::test(start_paused = true)]
async fn six_tries_without_a_byte_are_enough() {
    let world = World::new();
    world.store.fail("a", ObjectFault::Break(10), 7);
    let message = world.file("a", undelimited(5));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        (stats.objects.resumed, stats.objects.unreadable, world.queue.receives(&message)),
        (6, 1, 2)
    );
    let from: Vec<_> = world.store.reads().iter().map(|read| read.from).collect();
    assert_eq!(from, [0, 10, 10, 10, 10, 10, 10, 0]);
}

#[tokio::test(start_paused = true)]
async fn trap_12_a_body_that_is_always_short_is_never_done() {
    let world = World::new();
    world.store.fail("a", ObjectFault::Short(14), usize::MAX);
    let message = world.file("a", undelimited(5));
    let run = world.start(world.with_probe(|_: &Seen| Act::Done));
    run.until("it came back a few times", || world.queue.receives(&message) == 4).await;
    assert_ne!(world.queue.place(&message), Place::Deleted);
    assert_eq!((run.handle.stats().objects.done, world.trace.asked(Op::Delete)), (0, 0));
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_connection_ends_when_the_run_does() {
    let world = World::new();
    world.store.fail("a", ObjectFault::SlowChunks(25 * SECOND), 1);
    world.store.chunk_size(1);
    let message = world.file("a", undelimited(50));
    let run = world.start(world.with_probe(|_| Act::Done).drain_timeout(Duration::from_secs(5)));
    tokio::time::sleep(100 * SECOND).await;
    let began = tokio::time::Instant::now();
    run.stop().await;
    assert!(began.elapsed() < 8 * SECOND);
    assert_eq!(world.queue.place(&message), Place::Visible);
}

//! Single bad records are put aside, and come back.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    steps::{Case, Happens, dies_at_each},
    world::World,
};
use crate::{
    Ack, BatchError, BatchProcessor, Builder, Context, DeferredProcessor, Limits, MemoryProgress,
    MemoryQuarantine, ProcessError, QuarantineStore, QuarantinedRecord, Record,
    decode::lines,
    port::Queue as _,
    testing::{Event, ObjectFault, Place, QueueSettings, gzip, ndjson, undelimited},
};
use bytes::Bytes;
use std::{
    error::Error,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::sleep;

/// Keeps what is put aside, and does as it is told.
#[derive(Clone, Default)]
struct Kept {
    files: MemoryQuarantine,
    puts: Arc<AtomicUsize>,
    /// The first so many puts fail so.
    fails: Option<(usize, Fails)>,
    /// Is called when a put begins, and when it is done.
    watch: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
}

#[derive(Clone, Copy)]
enum Fails {
    Refused,
    /// Stored, but nobody is told.
    Unanswered,
    Panics,
}

impl Kept {
    fn new() -> Self {
        Self::default()
    }

    fn failing(times: usize, fails: Fails) -> Self {
        Self { fails: Some((times, fails)), ..Self::default() }
    }

    fn records(&self) -> Vec<QuarantinedRecord> {
        let read = |file: &Bytes| QuarantinedRecord::read_file(file).expect("it is whole");
        self.files.files().values().flat_map(read).collect()
    }

    /// Index and processor of each.
    fn named(&self) -> Vec<(u64, String)> {
        self.records().into_iter().map(|record| (record.index, record.processor)).collect()
    }
}

impl QuarantineStore for Kept {
    async fn put(&self, name: &str, file: Bytes) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.watch.get().iter().for_each(|watch| watch());
        let number = self.puts.fetch_add(1, Relaxed);
        let fails = self.fails.filter(|(times, _)| number < *times).map(|(_, fails)| fails);
        match fails {
            Some(Fails::Refused) => return Err("told to refuse".into()),
            Some(Fails::Panics) => std::panic::resume_unwind(Box::new("told to panic")),
            Some(Fails::Unanswered) | None => self.files.put(name, file).await?,
        }
        if fails.is_some() {
            sleep(3_600 * SECOND).await;
        }
        self.watch.get().iter().for_each(|watch| watch());
        Ok(())
    }
}

fn world() -> World {
    World::with(QueueSettings { max_receives: Some(5), ..QueueSettings::default() })
}

/// Rejects the record of this index, always.
fn rejects(index: u64) -> impl Fn(&Seen) -> Act + Clone {
    move |seen| if seen.index == index { Act::Reject } else { Act::Done }
}

/// Fails it in a way that may pass, always.
fn fails(index: u64) -> impl Fn(&Seen) -> Act + Clone {
    move |seen| if seen.index == index { Act::Fail } else { Act::Done }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_record_is_put_aside_and_its_message_goes_on_without_it() {
    let (world, kept) = (world(), Kept::new());
    world.store.keep_versions();
    let text = ndjson(5_000);
    let message = world.file("a.gz", gzip(text.as_bytes()));
    let logs = Logs::gather();
    let stats = world.run(world.with_probe(rejects(1_234)).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 1));
    assert_eq!(world.log.seen().len(), 5_000, "each was handed over once");
    let [record] = &kept.records()[..] else { panic!("{:?}", kept.records()) };
    assert_eq!((record.index, record.deliveries), (1_234, 1));
    assert_eq!((&*record.bucket, &*record.key, &*record.processor), ("data", "a.gz", "p"));
    assert_eq!((&*record.decoder, record.message_id == message), ("json", true));
    assert_eq!(record.payload, b"{\"n\":1234}");
    assert_eq!(record.offset, text.find("{\"n\":1234}").expect("it is there") as u64);
    assert_eq!(record.version_id.as_deref(), Some("v1"));
    let [p] = ["p"].map(|name| &stats.processors[name]);
    assert_eq!((p.done, p.failed, p.quarantined), (4_999, 1, 1));
    assert_eq!((stats.objects.done, stats.objects.failed), (1, 0));
    assert_eq!((stats.quarantine.files, stats.quarantine.failed), (1, 0));
    assert!(logs.say(&["s3://data/a.gz", "put aside", &message]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn trap_38_trap_90_what_is_put_aside_is_stored_before_its_message_is_deleted() {
    for fate in [Fails::Refused, Fails::Unanswered, Fails::Panics] {
        let (world, kept) = (world(), Kept::failing(2, fate));
        let message = world.file("a", undelimited(10));
        let (queue, held) = (world.queue.clone(), message.clone());
        let watch: Box<dyn Fn() + Send + Sync> =
            Box::new(move || assert_eq!(queue.place(&held), Place::InFlight));
        assert!(kept.watch.set(watch).is_ok());
        let stats = world.run(world.with_probe(rejects(3)).quarantine(kept.clone())).await;
        assert_eq!(world.queue.place(&message), Place::Deleted);
        assert_eq!((world.queue.receives(&message), kept.puts.load(Relaxed)), (3, 3));
        assert_eq!(kept.named(), [(3, "p".to_owned())], "a second try writes over the first");
        assert_eq!((stats.quarantine.files, stats.quarantine.failed), (1, 2));
    }
    // Where nothing is ever stored, the message is never deleted.
    let (world, kept) = (world(), Kept::failing(100, Fails::Refused));
    let message = world.file("a", undelimited(10));
    let logs = Logs::gather();
    world.run(world.with_probe(rejects(3)).quarantine(kept.clone())).await;
    assert_eq!(world.queue.place(&message), Place::Dead);
    assert!(logs.say(&["s3://data/a", "told to refuse", "NotPutAside"]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_put_aside_in_the_last_two_deliveries_only() {
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", undelimited(100));
    world.run(world.with_probe(fails(7)).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 4));
    let [record] = &kept.records()[..] else { panic!("{:?}", kept.records()) };
    assert_eq!((record.index, record.deliveries), (7, 4));
    // With progress nothing else is done again.
    let (world, kept) = (self::world(), Kept::new());
    world.file("a", undelimited(100));
    let builder = world.with_probe(fails(7)).progress(MemoryProgress::new());
    let stats = world.run(builder.quarantine(kept.clone())).await;
    assert_eq!(world.log.seen().len(), 103);
    assert_eq!((stats.progress.saved, kept.named()), (1, vec![(7, "p".to_owned())]));
    // Without a redrive policy nothing is known to be late.
    let world = World::new();
    let (message, kept) = (world.file("a", undelimited(10)), Kept::new());
    let run = world.start(world.with_probe(fails(7)).quarantine(kept.clone()));
    run.until("it came back often", || world.queue.receives(&message) > 10).await;
    run.stop().await;
    assert!(kept.named().is_empty());
}

/// Rejects the records of which `index % 50 == 3`.
struct Batches;

impl BatchProcessor for Batches {
    async fn process_batch(&self, records: &[Record<'_>], _: &Context) -> Result<(), BatchError> {
        let failed = records.iter().enumerate().filter(|(_, record)| record.index() % 50 == 3);
        BatchError::of(failed.map(|(at, _)| (at, ProcessError::reject("told to"))))
    }
}

/// The same, record by record, later: when nothing of the record is left.
struct Deferred;

impl DeferredProcessor for Deferred {
    async fn accept(&self, record: Record<'_>, _: &Context, ack: Ack) {
        let fails = record.index() % 50 == 3;
        tokio::spawn(async move {
            sleep(SECOND).await;
            if fails { ack.fail(ProcessError::reject("told to")) } else { ack.done() }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn all_three_kinds_of_processors_put_aside() {
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", undelimited(100));
    let builder = world
        .with_probe(rejects(3))
        .batch_processor("batch", Batches)
        .deferred_processor("deferred", Deferred);
    let stats = world.run(builder.quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 1));
    let mut named = kept.named();
    named.sort();
    let expected = [(3, "batch"), (3, "deferred"), (3, "p"), (53, "batch"), (53, "deferred")];
    assert_eq!(named, expected.map(|(index, name)| (index, name.to_owned())));
    for record in kept.records() {
        assert_eq!(record.payload, format!("{{\"n\":{}}}", record.index).as_bytes());
    }
    let aside = |name: &str| stats.processors[name].quarantined;
    assert_eq!((aside("p"), aside("batch"), aside("deferred")), (1, 2, 2));
    assert_eq!(stats.quarantine.files, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_38_all_or_nothing_is_put_aside_of_an_object() {
    // One hundred failures at most.
    for (bad, place) in [(100, Place::Deleted), (101, Place::Dead)] {
        let (world, kept) = (world(), Kept::new());
        let message = world.file("a", undelimited(500));
        let act = move |seen: &Seen| if seen.index < bad { Act::Reject } else { Act::Done };
        world.run(world.with_probe(act).quarantine(kept.clone())).await;
        assert_eq!(world.queue.place(&message), place);
        assert_eq!(kept.records().len(), if bad == 100 { 100 } else { 0 });
    }
    // Eight mebibytes at most.
    let record = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    for (bytes, place) in [(4 << 20, Place::Deleted), ((4 << 20) + 1, Place::Dead)] {
        let (world, kept) = (world(), Kept::new());
        let message = world.file("a", [record(4 << 20), record(bytes), record(9)].concat());
        let act = |seen: &Seen| if seen.index < 2 { Act::Reject } else { Act::Done };
        let limits = Limits::default().record_bytes(5 << 20);
        world.run(world.with_probe(act).limits(limits).quarantine(kept.clone())).await;
        assert_eq!(world.queue.place(&message), place, "{bytes}");
        assert_eq!(kept.records().len(), if bytes == 4 << 20 { 2 } else { 0 });
    }
    // What was rejected waits for what may still succeed, and for what may not be put aside yet.
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", undelimited(10));
    let act = |seen: &Seen| match (seen.index, seen.receive_count) {
        (3, _) => Act::Reject,
        (5, 1) => Act::Fail,
        _ => Act::Done,
    };
    world.run(world.with_probe(act).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((kept.puts.load(Relaxed), kept.named()), (1, vec![(3, "p".to_owned())]));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_not_put_aside() {
    let too_large = format!("{}\"{}\"{}", undelimited(3), "x".repeat(2_000), undelimited(3));
    let mut cut = gzip(ndjson(300).as_bytes());
    cut.truncate(cut.len() - 4);
    for bytes in [Bytes::from(too_large), cut.into()] {
        let (world, kept) = (world(), Kept::new());
        let message = world.file("a", bytes);
        let builder = world.with_probe(rejects(1)).limits(Limits::default().record_bytes(1_000));
        world.run(builder.quarantine(kept.clone())).await;
        assert_eq!((world.queue.place(&message), kept.named()), (Place::Dead, Vec::new()));
    }
    // Nor is what nobody can name: the object may be another one by now.
    let (world, kept) = (world(), Kept::new());
    world.store.hide_etags();
    let message = world.file("a", undelimited(10));
    world.run(world.with_probe(rejects(1)).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), kept.named()), (Place::Dead, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_another_when_it_is_read_again_is_not_put_aside() {
    // Overwritten, between the verdict and the second read.
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", ndjson(100));
    let store = world.store.clone();
    let act = move |seen: &Seen| match (seen.index, seen.receive_count) {
        (3, 1) => {
            store.put("a", ndjson(101));
            Act::Reject
        }
        _ => Act::Done,
    };
    let logs = Logs::gather();
    world.run(world.with_probe(act).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((world.all_done(&["p"], "a", 101), kept.named()), (true, Vec::new()));
    assert!(logs.say(&["s3://data/a", "overwritten"]), "{}", logs.text());
    // Or not to be had for a while.
    let (world, kept) = (self::world(), Kept::new());
    let message = world.file("a", ndjson(100));
    let store = world.store.clone();
    let act = move |seen: &Seen| match (seen.index, seen.receive_count) {
        (3, 1) => {
            store.fail("a", ObjectFault::Missing, 1);
            Act::Reject
        }
        (3, _) => Act::Reject,
        _ => Act::Done,
    };
    world.run(world.with_probe(act).quarantine(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!(kept.named(), [(3, "p".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn trap_91_a_processor_that_rejects_everything_puts_little_aside() {
    let (world, kept) = (world(), Kept::new());
    let messages: Vec<_> = (0..30).map(|n| world.file(&format!("{n}"), undelimited(100))).collect();
    let logs = Logs::gather();
    let builder = world.with_probe(|_| Act::Reject).quarantine(kept.clone());
    let stats = world.run(builder).await;
    let deleted =
        messages.iter().filter(|message| world.queue.place(message) == Place::Deleted).count();
    assert_eq!((deleted, kept.records().len()), (10, 1_000));
    assert_eq!(world.queue.in_place(Place::Dead).len(), 20, "they fail as without it");
    assert_eq!(stats.quarantine.refused, 5 * 20);
    assert!(logs.say(&["probably the processor"]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn while_its_downstream_is_down_nothing_of_a_processor_is_put_aside() {
    let (world, kept) = (world(), Kept::new());
    let messages: Vec<_> = (0..10).map(|n| world.file(&format!("{n}"), undelimited(5))).collect();
    let began = tokio::time::Instant::now();
    // One of each at first, so that all are late; then all.
    let act = move |seen: &Seen| match began.elapsed().as_secs() {
        0..80 if seen.index == 0 => Act::Fail,
        80..4_000 => Act::Fail,
        _ => Act::Done,
    };
    let stats = world.run(world.with_probe(act).quarantine(kept.clone())).await;
    assert!(stats.outages.declared > 0);
    assert_eq!((kept.named(), world.queue.in_place(Place::Deleted).len()), (Vec::new(), 10));
    assert!(messages.iter().all(|message| world.queue.receives(message) <= 5));
}

/// Puts records aside, and sends what asks for them.
async fn put_aside(world: &World, bad: &'static [u64]) -> Vec<QuarantinedRecord> {
    let kept = Kept::new();
    let act = move |seen: &Seen| if bad.contains(&seen.index) { Act::Reject } else { Act::Done };
    world.run(world.with_probe(act).quarantine(kept.clone())).await;
    kept.records()
}

fn replay(world: &World, records: &[QuarantinedRecord]) -> Vec<String> {
    let replays = QuarantinedRecord::replays(records);
    assert!(replays.iter().all(|replay| replay.queue_url == world.queue.url()));
    replays.into_iter().map(|replay| world.queue.send(replay.body)).collect()
}

/// With two processors, of which only `p` put something aside.
fn again(world: &World) -> Builder {
    world.with_probe(|_| Act::Done).processor("q", world.probe("q", |_| Act::Done))
}

#[tokio::test(start_paused = true)]
async fn what_was_put_aside_comes_back_alone_and_as_the_same_records() {
    let world = world();
    world.store.keep_versions();
    world.store.put("a.gz", "something older");
    world.file("a.gz", gzip(ndjson(5_000).as_bytes()));
    let records = put_aside(&world, &[7, 8, 4_321]).await;
    let before = world.log.seen().len();
    // Which version is meant is said.
    world.store.put("a.gz", "something newer");
    let messages = replay(&world, &records);
    let kept = MemoryProgress::new();
    let run = world.start(again(&world).progress(kept.clone()));
    run.until_finished().await;
    let in_flight = run.handle.in_flight();
    let stats = run.stop().await;
    assert_eq!((messages.len(), world.queue.place(&messages[0])), (1, Place::Deleted));
    let seen = world.log.seen().split_off(before);
    let payloads: Vec<_> = seen.iter().map(|seen| (&*seen.processor, &*seen.payload)).collect();
    assert_eq!(payloads, [("p", "{\"n\":7}"), ("p", "{\"n\":8}"), ("p", "{\"n\":4321}")]);
    assert_eq!((stats.processors["p"].done, stats.processors["p"].done_before), (3, 0));
    assert_eq!((in_flight, kept.is_empty()), (Vec::new(), true));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_bad_again_is_put_aside_again() {
    let (world, kept) = (world(), Kept::new());
    world.file("a", undelimited(100));
    let records = put_aside(&world, &[7, 8]).await;
    let [message] = &replay(&world, &records)[..] else { panic!("one message") };
    let builder = world.with_probe(rejects(8)).quarantine(kept.clone());
    world.run(builder).await;
    assert_eq!(world.queue.place(message), Place::Deleted);
    let [record] = &kept.records()[..] else { panic!("{:?}", kept.records()) };
    assert_eq!((record.index, &record.message_id), (8, message));
    assert_eq!((record.id, &record.payload), (records[1].id, &records[1].payload));
}

#[tokio::test(start_paused = true)]
async fn a_replay_and_others_of_its_object_do_not_stand_for_each_other() {
    let world = world();
    let announced = world.store.put("a", undelimited(10));
    world.announce(std::slice::from_ref(&announced));
    let records = put_aside(&world, &[7, 8]).await;
    let before = world.log.seen().len();
    // All at once: each half of them, all of them, and the object as it was announced.
    let mut messages = replay(&world, &records[..1]);
    messages.push(world.announce(&[announced]));
    messages.extend(replay(&world, &records[1..]));
    messages.extend(replay(&world, &records));
    let stats = world.run(world.with_probe(|_| Act::Take(SECOND))).await;
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Deleted));
    let mut indices: Vec<_> = world.log.seen()[before..].iter().map(|seen| seen.index).collect();
    indices.sort_unstable();
    assert_eq!(indices, [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 9]);
    assert_eq!(stats.objects.duplicates, 0);
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_would_be_of_something_else_is_kept() {
    let is_kept = async |what: &str,
                         builder: &dyn Fn(&World) -> Builder,
                         change: &dyn Fn(&mut Vec<QuarantinedRecord>),
                         store: &dyn Fn(&World)| {
        let world = world();
        world.file("a", ndjson(10));
        let mut records = put_aside(&world, &[7]).await;
        let before = world.log.seen().len();
        change(&mut records);
        store(&world);
        let messages = replay(&world, &records);
        world.run(builder(&world)).await;
        assert_eq!(world.queue.place(&messages[0]), Place::Dead, "{what}");
        assert_eq!(world.log.seen().len(), before, "{what}: nothing is processed");
    };
    let (same, nothing): (&dyn Fn(&World) -> Builder, _) = (&again, |_: &World| ());
    is_kept("another decoder", &|world| again(world).decoder(lines()), &|_| (), &nothing).await;
    let renamed = |world: &World| world.builder().processor("q", world.probe("q", |_| Act::Done));
    is_kept("another processor", &renamed, &|_| (), &nothing).await;
    let newer = |world: &World| drop(world.store.put("a", ndjson(11)));
    is_kept("another object", same, &|_| (), &newer).await;
    is_kept("no object", same, &|_| (), &|world| world.store.remove("a")).await;
    is_kept("no such record", same, &|records| records[0].index = 10, &nothing).await;
    let foreign = |world: &World| again(world).allowed_buckets(["other"]);
    is_kept("another bucket", &foreign, &|_| (), &nothing).await;
}

/// Between any two things that happen: a verdict, the second read, the put, its answer, the delete.
#[tokio::test(start_paused = true)]
async fn trap_90_at_whatever_step_it_dies_a_record_is_done_or_put_aside() {
    let last = Mutex::new(Kept::new());
    let make = || {
        let (world, kept) = (world(), Kept::new());
        world.file("a", undelimited(6));
        *last.lock().expect("no panic") = kept.clone();
        let (played, store) = (world.clone(), kept.clone());
        let builder = move || played.with_probe(rejects(3)).quarantine(store.clone());
        let watch = move |happens: Happens| drop(kept.watch.set(Box::new(move || happens())));
        Case { world, builder: Box::new(builder), watch: Box::new(watch) }
    };
    let check = |step: usize, world: &World| {
        let is_done = |n| world.log.done().iter().any(|seen| seen.index == n);
        let is_aside = last.lock().expect("no panic").named() == [(3, "p".to_owned())];
        let is_all = is_aside && [0, 1, 2, 4, 5].into_iter().all(is_done);
        let is_deleted = !world.queue.in_place(Place::Deleted).is_empty();
        assert!(is_all || !is_deleted, "step {step}\n{}", world.trace);
        assert_eq!(world.queue.in_place(Place::Dead), Vec::<String>::new(), "step {step}");
    };
    let steps = dies_at_each(make, check).await;
    assert!(steps > 30, "{steps}");
}

/// The lease is kept while a slow store takes its time.
#[tokio::test(start_paused = true)]
async fn trap_38_the_lease_lasts_while_records_are_put_aside() {
    let world = World::with(QueueSettings {
        visibility_timeout: 10 * SECOND,
        max_receives: Some(5),
        ..QueueSettings::default()
    });
    let kept = MemoryQuarantine::new();
    struct Slow(MemoryQuarantine, Duration);
    impl QuarantineStore for Slow {
        async fn put(&self, name: &str, file: Bytes) -> Result<(), Box<dyn Error + Send + Sync>> {
            sleep(self.1).await;
            self.0.put(name, file).await
        }
    }
    let message = world.file("a", undelimited(10));
    let slow = Slow(kept.clone(), 29 * SECOND);
    world.run(world.with_probe(rejects(3)).quarantine(slow)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 1));
    let deleted = world.trace.times(|event| matches!(event, Event::Deleted { .. }));
    assert!(deleted[0] >= 29 * SECOND && kept.files().len() == 1, "{deleted:?}");
}

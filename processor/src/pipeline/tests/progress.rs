//! What was settled is not done again.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    steps::{Case, Happens, dies_at_each},
    world::World,
};
use crate::{
    Ack, BatchError, BatchOptions, BatchProcessor, Builder, Context, DeferredProcessor, Limits,
    MemoryProgress, ProcessError, ProcessorOptions, ProgressError, ProgressStore, ProgressTag,
    Record, Retry,
    decode::{
        BlockWriter, Decode, DecodeError, DecodeLimits, Decoder, Input, ObjectInfo, Step, lines,
    },
    testing::{Event, ObjectFault, Op, Place, QueueSettings, gzip, ndjson, undelimited},
};
use bytes::Bytes;
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Keeps progress, and remembers what was asked for, and when.
#[derive(Clone)]
struct Kept {
    files: MemoryProgress,
    asked: Arc<Mutex<Vec<(Instant, &'static str)>>>,
    /// Is called when something is asked for, and when a save is answered.
    watches: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
    /// Each save takes so long.
    slow: Duration,
}

impl Kept {
    fn new() -> Self {
        Self {
            files: MemoryProgress::new(),
            asked: Arc::default(),
            watches: Arc::default(),
            slow: Duration::ZERO,
        }
    }

    fn watch(&self, watch: impl Fn() + Send + Sync + 'static) {
        let _ = self.watches.set(Box::new(watch));
    }

    fn happens(&self) {
        self.watches.get().iter().for_each(|watch| watch());
    }

    fn asked(&self) -> Vec<&'static str> {
        self.times().into_iter().map(|(_, what)| what).collect()
    }

    fn times(&self) -> Vec<(Instant, &'static str)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, what: &'static str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push((Instant::now(), what));
        drop(asked);
        self.happens();
    }
}

impl ProgressStore for Kept {
    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, ProgressError> {
        self.note("load");
        self.files.load(name).await
    }

    async fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, ProgressError> {
        self.note("save");
        sleep(self.slow).await;
        let saved = self.files.save(name, bytes, replaces).await;
        self.happens();
        saved
    }

    async fn delete(&self, name: &str) -> Result<(), ProgressError> {
        self.note("delete");
        self.files.delete(name).await
    }
}

fn world() -> World {
    World::with(QueueSettings { max_receives: Some(5), ..QueueSettings::default() })
}

/// Fails the record of this index in its first delivery.
fn flaky(index: u64) -> impl Fn(&Seen) -> Act {
    move |seen| match (seen.index == index, seen.receive_count) {
        (true, 1) => Act::Reject,
        _ => Act::Done,
    }
}

/// How often each record was handed to this processor.
fn handed(world: &World, processor: &str) -> Vec<usize> {
    let mut times = Vec::new();
    for seen in world.log.seen().iter().filter(|seen| seen.processor == processor) {
        let at = usize::try_from(seen.index).expect("few");
        times.resize(times.len().max(at + 1), 0);
        times[at] += 1;
    }
    times
}

#[tokio::test(start_paused = true)]
async fn trap_89_a_failed_record_comes_back_alone_and_to_its_processor_only() {
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a.gz", gzip(ndjson(100_000).as_bytes()));
    let builder = world
        .with_probe(flaky(1_234))
        .processor("q", world.probe("q", |_| Act::Done))
        .progress(kept.clone());
    let stats = world.run(builder).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let mut expected = vec![1; 100_000];
    assert_eq!(handed(&world, "q"), expected);
    expected[1_234] = 2;
    assert_eq!(handed(&world, "p"), expected);
    let [p, q] = ["p", "q"].map(|name| &stats.processors[name]);
    // 100,001 deliveries, not 200,000.
    assert_eq!((p.done, p.failed, p.done_before), (100_000, 1, 99_999));
    assert_eq!((q.done, q.done_before), (100_000, 100_000));
    assert_eq!(kept.asked(), ["save", "load", "delete"]);
    assert!(kept.files.is_empty(), "it lives as long as its message");
    assert_eq!((stats.progress.saved, stats.progress.loaded, stats.progress.failed), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn healthy_traffic_of_short_objects_costs_no_request() {
    let (world, kept) = (world(), Kept::new());
    for n in 0..50 {
        world.file(&format!("{n}"), undelimited(20));
    }
    let act = |_: &Seen| Act::Take(SECOND / 10);
    world.run(world.with_probe(act).progress(kept.clone())).await;
    assert_eq!(kept.asked(), Vec::<&str>::new());
}

/// Fails the records of which `index % 10 == 3` in their first delivery.
struct Batches(super::probe::Log);

impl BatchProcessor for Batches {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        let fails = |record: &Record<'_>| cx.receive_count() == 1 && record.index() % 10 == 3;
        let failed = records.iter().enumerate().filter(|(_, record)| fails(record));
        self.0.note("batch", records);
        BatchError::of(failed.map(|(at, _)| (at, ProcessError::reject("told to"))))
    }
}

/// The same, record by record, later.
struct Deferred(super::probe::Log);

impl DeferredProcessor for Deferred {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        self.0.note("deferred", &[record]);
        let fails = cx.receive_count() == 1 && record.index() % 10 == 3;
        tokio::spawn(async move {
            sleep(SECOND).await;
            if fails {
                ack.fail(ProcessError::reject("told to"));
            } else {
                ack.done();
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn all_three_kinds_of_processors_do_the_rest_only() {
    let (world, kept) = (world(), Kept::new());
    world.file("a", undelimited(100));
    let waits = |seen: &Seen| match (seen.index % 10, seen.receive_count) {
        (3, 1) => Act::TakeAndFail(SECOND),
        (3 | 4, _) => Act::Take(SECOND),
        _ => Act::Done,
    };
    let builder = world
        .with_probe(waits)
        .batch_processor_with(
            "batch",
            BatchOptions::default().max_records(7).max_wait(SECOND),
            Batches(world.log.clone()),
        )
        .deferred_processor("deferred", Deferred(world.log.clone()))
        .progress(kept.clone());
    let stats = world.run(builder).await;
    let expected: Vec<_> = (0..100).map(|index| if index % 10 == 3 { 2 } else { 1 }).collect();
    for name in ["p", "batch", "deferred"] {
        assert_eq!(handed(&world, name), expected, "{name}");
        assert_eq!(stats.processors[name].done_before, 90, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_89_what_was_done_before_a_crash_is_not_done_again_and_what_was_not_is() {
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", undelimited(1_000));
    let options = || ProcessorOptions::default().concurrency(4);
    let builder = || {
        let probe = world.probe("p", |_| Act::Take(SECOND));
        world.builder().processor_with("p", options(), probe).progress(kept.clone())
    };
    let run = world.start(builder());
    sleep(100 * SECOND).await;
    let done = world.log.done().len();
    run.task.abort();
    drop(run.task.await);
    let run = world.start(builder());
    run.until_finished().await;
    run.stop().await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let again = handed(&world, "p").into_iter().filter(|times| *times > 1).count();
    assert!(world.all_done(&["p"], "a", 1_000), "what was being done is no less to do");
    // Saved every ten seconds, four records a second.
    assert!(done > 380 && again <= 4 * 11, "{again} again of {done}");
}

#[tokio::test(start_paused = true)]
async fn a_drain_costs_a_long_file_a_second_of_its_work() {
    let (world, kept) = (world(), Kept::new());
    let message = world.file("a", undelimited(1_800));
    let builder = || {
        let probe = world.probe("p", |_| Act::Take(SECOND));
        let options = ProcessorOptions::default().concurrency(1);
        let builder = world.builder().processor_with("p", options, probe);
        builder.progress(kept.clone()).drain_timeout(25 * SECOND)
    };
    // Half an hour of work, and a deployment whenever it likes.
    for after in [317, 40, 3, 700] {
        let run = world.start(builder());
        run.until("it is worked on", || world.log.running() > 0).await;
        sleep(after * SECOND).await;
        run.stop().await;
        assert_eq!(world.queue.place(&message), Place::Visible, "handed back");
        world.last_poll_ends().await;
    }
    let run = world.start(builder());
    run.until_finished().await;
    run.stop().await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 5));
    let times = handed(&world, "p");
    assert!(times.iter().sum::<usize>() <= 1_800 + 4 * 3, "{}", times.iter().sum::<usize>());
}

#[tokio::test(start_paused = true)]
async fn trap_90_progress_is_saved_before_the_message_goes_back() {
    let (world, kept) = (world(), Kept { slow: 3 * SECOND, ..Kept::new() });
    world.file("a", undelimited(100));
    world.run(world.with_probe(flaky(3)).progress(kept.clone())).await;
    let begin = kept.times()[0].0;
    let released = world.trace.times(|event| matches!(event, Event::Changed { .. }));
    let settled = world.trace.times(|event| matches!(event, Event::Settled { .. }));
    assert_eq!(kept.asked()[0], "save");
    assert!(released[0] - settled[99] >= 3 * SECOND, "{released:?} {begin:?}");
}

#[tokio::test(start_paused = true)]
async fn trap_90_a_store_that_does_not_answer_delays_a_release_by_five_seconds_at_most() {
    let (world, kept) = (world(), Kept { slow: 3_600 * SECOND, ..Kept::new() });
    let message = world.file("a", undelimited(100));
    let logs = Logs::gather();
    let stats = world.run(world.with_probe(flaky(3)).progress(kept.clone())).await;
    let released = world.trace.times(|event| matches!(event, Event::Changed { .. }));
    assert!(released[0] <= 6 * SECOND, "{released:?}");
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    // Nothing is known of what was settled, so all of it is done again.
    assert_eq!(stats.processors["p"].done, 199);
    assert_eq!((stats.progress.saved, stats.progress.failed), (0, 1));
    assert!(logs.say(&["s3://data/a", "could not be saved"]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn trap_89_what_was_settled_of_other_bytes_is_done_again() {
    let (world, kept) = (world(), Kept::new());
    world.store.hide_checksums();
    // The first delivery gets a byte that is not there, and does not notice.
    let text = undelimited(1_000);
    let at = text.find("\"n\":500").expect("it is there") + 4;
    world.store.fail("a", ObjectFault::Corrupt(at), 1);
    let message = world.file("a", text.clone());
    let logs = Logs::gather();
    let stats = world.run(world.with_probe(flaky(900)).progress(kept.clone())).await;
    // The second finds out, and the third does all of it.
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 3));
    assert_eq!((stats.objects.unreadable, stats.progress.loaded), (1, 1));
    assert!(logs.say(&["s3://data/a", "NotTheSame"]), "{}", logs.text());
    let right: Vec<_> =
        world.log.done().into_iter().filter(|seen| seen.receive_count == 3).collect();
    assert_eq!(right.len(), 1_000);
    assert_eq!(right.iter().map(|seen| seen.payload.as_str()).collect::<String>(), text);
    assert!(kept.files.is_empty());
}

#[tokio::test(start_paused = true)]
async fn trap_89_an_end_by_damage_saves_nothing_and_drops_what_was_saved() {
    let (world, kept) = (world(), Kept::new());
    let mut bytes = gzip(ndjson(300).as_bytes());
    bytes.truncate(bytes.len() - 4);
    let message = world.file("a.gz", bytes);
    let act = |_: &Seen| Act::Take(SECOND);
    let options = ProcessorOptions::default().concurrency(2);
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let stats = world.run(builder.progress(kept.clone())).await;
    assert_eq!(world.queue.place(&message), Place::Dead);
    assert_eq!(stats.processors["p"].done_before, 0);
    assert!(kept.files.is_empty());
}

#[tokio::test(start_paused = true)]
async fn trap_89_an_object_that_was_overwritten_or_is_read_otherwise_is_done_anew() {
    let fails = |seen: &Seen| if seen.index == 3 { Act::Reject } else { Act::Done };
    let finish = async |world: &World, builder: Builder| {
        let run = world.start(builder);
        run.until_finished().await;
        run.stop().await
    };
    // Another object under the same name.
    let (first, kept) = (world(), Kept::new());
    first.file("a", ndjson(100));
    let run = first.start(first.with_probe(fails).progress(kept.clone()));
    run.until("it went back", || first.trace.asked(Op::Change) > 0).await;
    first.store.put("a", ndjson(101));
    run.stop().await;
    let stats = finish(&first, first.with_probe(|_| Act::Done).progress(kept.clone())).await;
    assert_eq!((stats.processors["p"].done, stats.processors["p"].done_before), (101, 0));
    // The same object, by another decoder.
    let (second, kept) = (world(), Kept::new());
    second.file("a", ndjson(100));
    let run = second.start(second.with_probe(fails).progress(kept.clone()));
    run.until("it went back", || second.trace.asked(Op::Change) > 0).await;
    run.stop().await;
    let builder = second.with_probe(|_| Act::Done).decoder(lines()).progress(kept.clone());
    let stats = finish(&second, builder).await;
    assert_eq!((stats.processors["p"].done, stats.processors["p"].done_before), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn a_processor_of_another_name_does_all_of_it() {
    let (world, kept) = (world(), Kept::new());
    world.file("a", undelimited(100));
    let fails = |seen: &Seen| if seen.index == 3 { Act::Reject } else { Act::Done };
    let run = world.start(world.with_probe(fails).progress(kept.clone()));
    run.until("it went back", || world.trace.asked(Op::Change) > 0).await;
    run.stop().await;
    let builder = world.with_probe(|_| Act::Done).processor("q", world.probe("q", |_| Act::Done));
    let run = world.start(builder.progress(kept.clone()));
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((stats.processors["p"].done, stats.processors["q"].done), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_message_with_several_objects_comes_back_for_what_is_left_of_all() {
    let (world, kept) = (world(), Kept::new());
    let objects: Vec<_> =
        (0..3).map(|n| world.store.put(&format!("{n}"), undelimited(50 + n))).collect();
    let message = world.announce(&objects);
    let act = |seen: &Seen| match (&*seen.key, seen.index, seen.receive_count) {
        // The others have ended long before.
        ("1", 7, 1) => Act::TakeAndFail(5 * SECOND),
        _ => Act::Done,
    };
    let stats = world.run(world.with_probe(act).progress(kept.clone())).await;
    assert_eq!(world.queue.receives(&message), 2);
    assert_eq!((stats.processors["p"].done, stats.processors["p"].done_before), (153, 152));
    assert!(kept.files.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_breaker_holds_goes_on_where_it_was() {
    let (world, kept) = (world(), Kept::new());
    for n in 0..5 {
        world.file(&format!("{n}"), undelimited(1_000));
    }
    let began = Instant::now();
    // Down for ten minutes after half of the work.
    let act = move |seen: &Seen| {
        let is_down = (5..600).contains(&began.elapsed().as_secs());
        match seen.index {
            500.. if is_down => Act::Fail,
            500 => Act::Take(5 * SECOND),
            _ => Act::Done,
        }
    };
    let options = ProcessorOptions::default().retry(Retry::none()).concurrency(1);
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let stats = world.run(builder.progress(kept.clone())).await;
    assert!(stats.outages.declared > 0);
    assert_eq!((stats.messages.deleted, stats.processors["p"].done), (5, 5_000));
}

#[tokio::test(start_paused = true)]
async fn a_process_saves_ten_times_a_second_at_most() {
    let (world, kept) = (world(), Kept::new());
    for n in 0..100 {
        world.file(&format!("{n}"), undelimited(100));
    }
    let act = |_: &Seen| Act::Take(SECOND);
    let options = ProcessorOptions::default().concurrency(200);
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let builder = builder
        .limits(Limits::default().messages(100))
        .progress(kept.clone())
        .progress_every(SECOND);
    world.run(builder).await;
    let saves: Vec<_> =
        kept.times().into_iter().filter(|(_, what)| *what == "save").map(|(at, _)| at).collect();
    assert!(saves.len() > 100, "{}", saves.len());
    for eleven in saves.windows(11) {
        let began = saves[0];
        let times: Vec<_> = eleven.iter().map(|at| *at - began).collect();
        assert!(times[10] - times[0] >= SECOND, "{times:?}");
    }
}

/// Between any two things that happen: a verdict, a save, its answer, the release, the delete.
#[tokio::test(start_paused = true)]
async fn trap_90_at_whatever_step_it_dies_nothing_is_lost() {
    let make = || {
        let (world, kept) = (world(), Kept { slow: SECOND / 20, ..Kept::new() });
        world.file("a", undelimited(12));
        let act = |seen: &Seen| match (seen.index, seen.receive_count) {
            (3, 1) => Act::TakeAndFail(SECOND),
            (index, _) if index % 2 == 0 => Act::Take(SECOND * index as u32 / 5),
            _ => Act::Done,
        };
        let (played, store) = (world.clone(), kept.clone());
        let builder =
            move || played.with_probe(act).progress(store.clone()).progress_every(SECOND / 10);
        let watch = move |happens: Happens| kept.watch(move || happens());
        Case { world, builder: Box::new(builder), watch: Box::new(watch) }
    };
    let check = |step: usize, world: &World| {
        let is_deleted = !world.queue.in_place(Place::Deleted).is_empty();
        let all_done = world.all_done(&["p"], "a", 12);
        assert!(all_done || !is_deleted, "died at step {step}\n{}", world.trace);
        assert_eq!(world.queue.in_place(Place::Dead), Vec::<String>::new(), "step {step}");
    };
    let steps = dies_at_each(make, check).await;
    assert!(steps > 60, "{steps}");
}

/// Three records of a byte each. Then it ends, with all that is at hand.
struct Head(u8);

impl Decoder for Head {
    fn identity(&self) -> Cow<'static, str> {
        "head".into()
    }

    fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        Box::new(Self(3))
    }
}

impl Decode for Head {
    fn step(
        &mut self,
        mut input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        while self.0 > 0 {
            match input.take(1) {
                [] => return Ok(Step::NeedInput),
                byte => self.0 -= u8::from(block.copy(byte)),
            }
        }
        input.take(1_000);
        Ok(Step::End)
    }
}

#[tokio::test(start_paused = true)]
async fn trap_89_what_a_decoder_leaves_of_an_object_makes_no_difference() {
    let (world, kept) = (world(), Kept::new());
    world.store.chunk_size(17);
    let message = world.file("a", undelimited(100));
    let store = world.store.clone();
    let act = move |seen: &Seen| {
        // The next delivery arrives in other pieces.
        store.chunk_size(5);
        if (seen.index, seen.receive_count) == (1, 1) { Act::Reject } else { Act::Done }
    };
    let stats = world.run(world.with_probe(act).decoder(Head(3)).progress(kept.clone())).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((stats.processors["p"].done, stats.processors["p"].done_before), (3, 2));
}

//! An object is whole if all of its bytes came and are those that are stored, over however many
//! connections.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Redelivery, Stats,
    decode::{BlockWriter, Decode, DecodeError, DecodeLimits, Decoder, Input, ObjectInfo, Step},
    testing::{Announced, Event, ObjectFault, Place, QueueSettings, undelimited},
};
use std::{borrow::Cow, collections::BTreeSet};

/// So many receives, then it is dead.
const RECEIVES: u32 = 2;

fn world(chunk: usize) -> World {
    let world =
        World::with(QueueSettings { max_receives: Some(RECEIVES), ..QueueSettings::default() });
    world.store.chunk_size(chunk);
    world
}

/// A digit of the text at this byte, or behind it.
fn digit(text: &str, at: usize) -> usize {
    at + text[at..].find(|c: char| c.is_ascii_digit()).expect("there are numbers")
}

/// A connection with which nothing goes wrong.
const FINE: ObjectFault = ObjectFault::Break(usize::MAX);

/// Ways to read an object over one or more connections, each with one corrupt byte.
fn corruptions(text: &str) -> Vec<(&'static str, Vec<ObjectFault>)> {
    let end = text.len();
    let (half, most) = (end / 2, end - 40);
    let (early, late, last) = (digit(text, 30), digit(text, half + 5), digit(text, end - 3));
    vec![
        ("before the break", vec![ObjectFault::CorruptBreak(early, half), FINE]),
        ("behind the break", vec![ObjectFault::Break(half), ObjectFault::Corrupt(late)]),
        (
            "between two breaks",
            vec![ObjectFault::Break(half), ObjectFault::CorruptBreak(late, most), FINE],
        ),
        (
            "in the last piece",
            vec![
                ObjectFault::Break(half),
                ObjectFault::Break(most),
                ObjectFault::Short(most),
                ObjectFault::Corrupt(last),
            ],
        ),
        ("before a break at the end", vec![ObjectFault::CorruptBreak(early, end)]),
        (
            "before a break at the end of what was resumed",
            vec![ObjectFault::Break(half), ObjectFault::CorruptBreak(late, end)],
        ),
        (
            "behind a body that ended early",
            vec![ObjectFault::Short(half), ObjectFault::Corrupt(late)],
        ),
        ("without a break", vec![ObjectFault::Corrupt(early)]),
    ]
}

/// What was handed on at a delivery, in the order of the object.
fn handed_on(world: &World, receive: u32) -> String {
    let seen = world.log.seen().into_iter().filter(|seen| seen.receive_count == receive);
    let mut records: Vec<_> = seen.map(|seen| (seen.index, seen.payload)).collect();
    records.sort();
    records.into_iter().map(|(_, payload)| payload).collect()
}

fn deletes(world: &World) -> usize {
    world.trace.count(|event| matches!(event, Event::Deleted { .. }))
}

async fn run(world: &World) -> Stats {
    // One delivery after the other, with their faults.
    let pipeline = world.with_probe(|_: &Seen| Act::Done);
    world.run(pipeline.redelivery(Redelivery::backoff(SECOND, SECOND))).await
}

#[tokio::test(start_paused = true)]
async fn trap_63_a_corrupt_byte_is_never_deleted_whichever_connection_brought_it() {
    // Read where it is decoded, and ahead.
    for (records, chunk) in [(200, 7), (200, 100), (20_000, 5_000)] {
        let text = undelimited(records);
        for (what, faults) in corruptions(&text) {
            let (logs, world) = (Logs::gather(), world(chunk));
            let of_all = faults.iter().copied().cycle();
            world.store.fail_in_turn("a", of_all.take(faults.len() * RECEIVES as usize));
            let message = world.file("a", text.clone());
            let stats = run(&world).await;
            assert_eq!((world.queue.place(&message), deletes(&world)), (Place::Dead, 0), "{what}");
            assert_eq!((stats.objects.unreadable, stats.objects.done), (2, 0), "{what}");
            let why = ["s3://data/a", "the body is not what S3 holds", "Fatal"];
            assert!(logs.say(&why), "{what}: {}", logs.text());
            for receive in 1..=RECEIVES {
                let got = handed_on(&world, receive);
                let wrong = got.bytes().zip(text.bytes()).filter(|(one, other)| one != other);
                let counts = (got.len(), wrong.count());
                // What was read ahead when the end was found wrong is handed on no more.
                let is_ahead = records > 200 && counts.0 < text.len() && counts.1 <= 1;
                assert!(is_ahead || counts == (text.len(), 1), "{what}: {counts:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_63_what_was_corrupt_is_done_once_it_comes_as_it_is_stored() {
    let text = undelimited(200);
    for (what, faults) in corruptions(&text) {
        let world = world(100);
        world.store.fail_in_turn("a", faults);
        let message = world.file("a", text.clone());
        let stats = run(&world).await;
        assert_eq!(
            (world.queue.place(&message), world.queue.receives(&message)),
            (Place::Deleted, 2),
            "{what}"
        );
        assert_eq!((stats.objects.unreadable, stats.objects.done), (1, 1), "{what}");
        assert_eq!(handed_on(&world, 2), text, "{what}");
    }
}

/// The bytes are in order; it is not that nothing is ever done.
#[tokio::test(start_paused = true)]
async fn the_checksum_that_the_first_answer_told_counts_for_what_is_resumed() {
    for faults in [
        vec![ObjectFault::ChecksumBreak(0)],
        vec![ObjectFault::ChecksumBreak(50), ObjectFault::Break(60)],
    ] {
        let world = world(7);
        world.store.fail_in_turn("a", faults);
        let message = world.file("a", undelimited(50));
        let stats = run(&world).await;
        assert_eq!((stats.objects.unreadable, world.queue.receives(&message)), (1, 2));
        assert_eq!(world.queue.place(&message), Place::Deleted);
    }
}

/// A store that tells no sizes, and an object whose body ends early at its first read, where
/// nothing but its length tells.
async fn ended_early(
    prepare: impl Fn(&World),
    announce: impl Fn(&mut Announced),
) -> (World, Stats) {
    let (world, text) = (world(100), undelimited(100));
    world.store.hide_sizes();
    world.store.hide_checksums();
    prepare(&world);
    world.store.fail("a", ObjectFault::Short(text.find("{\"n\":40}").expect("a record")), 1);
    let mut object = world.store.put("a", text);
    announce(&mut object);
    world.announce(&[object]);
    let stats = run(&world).await;
    (world, stats)
}

/// How many records each delivery handed on.
fn counts(world: &World) -> Vec<usize> {
    let receives = world.log.seen().iter().map(|seen| seen.receive_count).collect::<BTreeSet<_>>();
    let seen = world.log.seen();
    let of = |receive| seen.iter().filter(|seen| seen.receive_count == receive).count();
    receives.into_iter().map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn trap_64_a_body_that_ends_early_is_read_on_if_its_etag_is_the_announced() {
    let (world, stats) = ended_early(|_| (), |_| ()).await;
    assert_eq!((counts(&world), stats.objects.resumed), (vec![100], 1));
    assert_eq!(stats.messages.deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_64_a_body_that_ends_early_is_read_on_if_its_version_is_the_announced() {
    let keep = |world: &World| world.store.keep_versions();
    let (world, stats) = ended_early(keep, |object| object.etag.clear()).await;
    assert_eq!((counts(&world), stats.objects.resumed), (vec![100], 1));
    assert_eq!(stats.messages.deleted, 1);
    // Nothing to pin a second request to: it fails, and comes back.
    let hide = |world: &World| {
        world.store.keep_versions();
        world.store.hide_etags();
    };
    let (world, stats) = ended_early(hide, |_| ()).await;
    assert_eq!((counts(&world), stats.objects.resumed), (vec![40, 100], 0));
    assert_eq!((stats.objects.unreadable, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_64_what_was_announced_says_nothing_of_another_object() {
    // Nothing is known of its length: where it ends it ends.
    let (world, stats) = ended_early(|_| (), |object| object.etag = "of another".into()).await;
    assert_eq!((counts(&world), stats.objects.resumed, stats.messages.deleted), (vec![40], 0, 1));
    let (world, stats) = ended_early(|_| (), |object| object.etag.clear()).await;
    assert_eq!((counts(&world), stats.objects.resumed, stats.messages.deleted), (vec![40], 0, 1));
    // Nor may a size that is smaller end it.
    let announce = |object: &mut Announced| {
        (object.etag, object.size) = ("of another".into(), 5);
    };
    let (world, stats) = ended_early(|_| (), announce).await;
    assert_eq!((counts(&world), stats.messages.deleted), (vec![40], 1));
}

#[tokio::test(start_paused = true)]
async fn trap_64_a_body_without_a_length_that_goes_on_too_long_is_never_deleted() {
    let (logs, world) = (Logs::gather(), world(16));
    world.store.hide_sizes();
    let mut object = world.store.put("a", undelimited(10));
    object.size = "{\"n\":0}{\"n\":1}".len() as u64;
    let message = world.announce(&[object]);
    let stats = run(&world).await;
    assert_eq!((world.queue.place(&message), deletes(&world)), (Place::Dead, 0));
    assert_eq!(stats.objects.unreadable, 2);
    assert!(logs.say(&["s3://data/a", "the body goes on after 14 bytes"]), "{}", logs.text());
}

/// No length, and nothing to pin a second request to.
#[tokio::test(start_paused = true)]
async fn trap_64_a_connection_that_breaks_is_no_end_where_no_length_is_known() {
    let world = world(16);
    world.store.hide_sizes();
    world.store.hide_etags();
    world.store.fail("a", ObjectFault::Break(14), 1);
    let message = world.file("a", undelimited(10));
    let stats = run(&world).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((stats.objects.unreadable, stats.objects.resumed), (1, 0));
    assert!(world.store.reads().iter().all(|read| read.from == 0));
}

/// One record, of the first byte; the rest is not looked at, as a container's may not be.
struct First;

impl Decoder for First {
    fn identity(&self) -> Cow<'static, str> {
        "first".into()
    }

    fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        Box::new(Self)
    }
}

impl Decode for First {
    fn step(
        &mut self,
        mut input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        match input.take(1) {
            [] => Ok(Step::NeedInput),
            byte => Ok(if block.copy(byte) { Step::End } else { Step::BlockFull }),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_63_what_a_decoder_does_not_look_at_is_verified_all_the_same() {
    let text = undelimited(20_000);
    let end = text.len();
    for (fault, becomes) in [
        (FINE, Place::Deleted),
        (ObjectFault::Break(end / 2), Place::Deleted),
        (ObjectFault::Short(end - 1), Place::Deleted),
        (ObjectFault::Corrupt(end - 1), Place::Dead),
        (ObjectFault::CorruptBreak(end / 2, end), Place::Dead),
    ] {
        let world = world(5_000);
        world.store.fail("a", fault, RECEIVES as usize);
        let message = world.file("a", text.clone());
        let builder = world.with_probe(|_: &Seen| Act::Done).decoder(First);
        world.run(builder.redelivery(Redelivery::backoff(SECOND, SECOND))).await;
        assert_eq!(world.queue.place(&message), becomes, "{fault:?}");
    }
}

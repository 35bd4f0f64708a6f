use super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    OwnedRecord, from_batch_fn,
    record::{Description, Told},
    testing::{Event, Op, Place, QueueSettings, gzip, ndjson, test_event, undelimited},
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

#[tokio::test(start_paused = true)]
async fn every_record_done_deletes_the_message() {
    let world = World::new();
    let message = world.file("a.json", undelimited(4));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert!(world.all_done(&["p"], "a.json", 4));
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.released),
        (1, 1, 0)
    );
    assert_eq!((stats.objects.done, stats.objects.records, stats.processors["p"].done), (1, 4, 4));
}

#[tokio::test(start_paused = true)]
async fn one_failed_record_brings_its_message_back_after_the_visibility_timeout() {
    let world = World::new();
    let message = world.file("a.json", gzip(undelimited(4).as_bytes()));
    let act = |seen: &Seen| {
        if seen.index == 2 && seen.receive_count == 1 { Act::Fail } else { Act::Done }
    };
    let stats = world.run(world.with_probe(act)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let seen: Vec<_> =
        world.log.seen().iter().map(|seen| (seen.receive_count, seen.index)).collect();
    assert_eq!(seen, [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]);
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    assert_eq!(received[1] - received[0], 30 * SECOND);
    assert_eq!((stats.messages.released, stats.messages.deleted), (1, 1));
    assert_eq!((stats.objects.failed, stats.objects.done, stats.processors["p"].failed), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_02_a_test_event_is_deleted() {
    let world = World::new();
    world.queue.send(test_event());
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.without_objects, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_04_a_message_with_several_objects_is_deleted_when_all_are_done() {
    let world = World::new();
    let objects = ["a", "b", "c"].map(|key| world.store.put(key, undelimited(5)));
    let message = world.announce(&objects);
    let act = |seen: &Seen| {
        if seen.key == "b" && seen.receive_count == 1 { Act::Fail } else { Act::Done }
    };
    let stats = world.run(world.with_probe(act)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((stats.objects.done, stats.objects.failed, stats.messages.deleted), (2 + 3, 1, 1));
    assert!(["a", "b", "c"].iter().all(|key| world.all_done(&["p"], key, 5)));
}

#[tokio::test(start_paused = true)]
async fn trap_05_what_cannot_be_understood_is_kept_and_never_deleted() {
    let world = World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() });
    let message = world.queue.send("{\"not\": \"a notification\"}");
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Dead, 3));
    assert_eq!((world.trace.asked(Op::Delete), world.trace.asked(Op::Change)), (0, 0));
    assert_eq!((stats.messages.unreadable, stats.messages.deleted), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_32_one_of_two_processors_fails_and_the_message_stays() {
    let world = World::new();
    world.file("a", undelimited(3));
    let sure = world.probe("sure", |_| Act::Done);
    let moody = world.probe("moody", |seen| {
        if seen.index == 0 && seen.receive_count < 3 { Act::Fail } else { Act::Done }
    });
    let stats = world.run(world.builder().processor("sure", sure).processor("moody", moody)).await;
    assert_eq!((stats.messages.released, stats.messages.deleted), (2, 1));
    assert_eq!((stats.processors["sure"].done, stats.processors["moody"].done), (9, 7));
    assert_eq!(stats.processors["moody"].failed, 2);
}

#[tokio::test(start_paused = true)]
async fn trap_17_zero_bytes_are_zero_records_whatever_the_name() {
    let world = World::new();
    world.file("empty.gz", "");
    let stats = world.run(world.with_probe(|_| Act::Fail)).await;
    assert_eq!((stats.messages.deleted, stats.objects.done, stats.objects.records), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_18_a_file_without_records_is_done() {
    let world = World::new();
    world.file("spaces", " \n ");
    world.file("member.gz", gzip(b""));
    let stats = world.run(world.with_probe(|_| Act::Fail)).await;
    assert_eq!((stats.messages.deleted, stats.objects.done, stats.objects.records), (2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_large_object_is_read_ahead_in_several_blocks() {
    let world = World::new();
    world.file("large", ndjson(40_000));
    world.store.hide_sizes();
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.deleted, stats.processors["p"].done), (1, 40_000));
    let indices: std::collections::BTreeSet<_> =
        world.log.seen().iter().map(|seen| seen.index).collect();
    assert_eq!(indices.len(), 40_000, "each record once");
}

#[tokio::test(start_paused = true)]
async fn trap_11_the_version_that_was_announced_is_read() {
    let world = World::new();
    world.store.keep_versions();
    let first = world.store.put("a", "{\"old\":1}");
    world.store.put("a", "{\"new\":1}");
    world.announce(&[first]);
    world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(world.log.seen()[0].payload, "{\"old\":1}");
}

#[tokio::test(start_paused = true)]
async fn trap_11_an_overwritten_object_is_processed_as_it_is_and_counted() {
    let world = World::new();
    let first = world.store.put("a", "{\"old\":1}");
    world.store.put("a", "{\"new\":1}");
    world.announce(&[first]);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(
        (world.log.seen()[0].payload.as_str(), stats.objects.overwritten),
        ("{\"new\":1}", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_processor_may_ask_for_the_message_and_for_what_s3_says_of_the_object() {
    let world = World::new();
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    world.queue.tell(Told {
        sent_at: at(5),
        first_received_at: at(7),
        attributes: [("tenant".into(), "blue".into())].into(),
        ..Told::default()
    });
    world.store.describe(Description {
        content_type: Some("application/x-ndjson".into()),
        last_modified: at(3),
        metadata: [("source".into(), "meter 7".into())].into(),
    });
    let message = world.file("a", ndjson(2));
    let seen = Arc::<Mutex<Vec<OwnedRecord>>>::default();
    let log = Arc::clone(&seen);
    let processor = from_batch_fn(move |records, _| {
        log.lock().expect("nothing panics").extend(records);
        async { Ok(()) }
    });
    world.run(world.builder().batch_processor("b", processor)).await;
    let seen = seen.lock().expect("nothing panics");
    assert_eq!(seen.len(), 2);
    for record in &*seen {
        let object = record.object();
        let told = object.message().expect("one announced it");
        assert_eq!(
            (told.id(), told.sent_at(), told.first_received_at()),
            (&*message, at(5), at(7))
        );
        assert_eq!(told.attribute("tenant"), Some("blue"));
        assert_eq!(
            (object.event_name(), object.region()),
            ("ObjectCreated:Put", Some("eu-west-1"))
        );
        assert!(object.sequencer().is_some());
        assert_eq!(object.content_type(), Some("application/x-ndjson"));
        assert_eq!((object.last_modified(), object.metadata("source")), (at(3), Some("meter 7")));
    }
}

//! Objects are downloaded to a disk, and found whole, before anything of them is processed.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    BuildErrorKind, Builder, Limits, MemoryQuarantine, OutageClass, OutageOf, Route, Spool,
    testing::{ObjectFault, Place, QueueSettings, gzip, ndjson, undelimited},
};
use tokio::time::sleep;

const MIB: u64 = 1 << 20;

fn world() -> World {
    World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() })
}

fn spool() -> Spool {
    Spool::new("/spool").bytes(MIB)
}

fn done(world: &World) -> Builder {
    world.with_probe(|_| Act::Done).spool(spool())
}

/// So many records in several blocks.
const MANY: usize = 20_000;

/// Records of 100 bytes.
fn long(records: usize) -> String {
    (0..records).map(|n| format!("{:1>99}\n", n)).collect()
}

#[tokio::test(start_paused = true)]
async fn trap_93_nothing_of_a_damaged_object_is_handed_on() {
    let whole = gzip(undelimited(MANY).as_bytes());
    let last_byte = |change: u8| {
        let mut bytes = whole.to_vec();
        *bytes.last_mut().expect("it is not empty") ^= change;
        bytes
    };
    let cut = whole[..whole.len() - 1].to_vec();
    let broken = (undelimited(MANY) + "{\"a\":").into_bytes();
    for damaged in [last_byte(1), cut, broken] {
        let world = world();
        let message = world.file("a", damaged.clone());
        let logs = Logs::gather();
        let stats = world.run(done(&world)).await;
        assert_eq!(world.log.seen(), [], "nothing of it is handed on");
        assert_eq!(world.queue.place(&message), Place::Dead);
        assert_eq!((stats.objects.unreadable, stats.objects.spooled), (3, 0));
        assert!(logs.say(&["s3://data/a", &message]), "{}", logs.text());
        // Without a spool most of it was.
        let streamed = self::world();
        streamed.file("a", damaged);
        streamed.run(streamed.with_probe(|_| Act::Done)).await;
        assert!(streamed.log.seen().len() > MANY);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_93_what_is_damaged_on_its_way_is_read_again_before_anything_of_it_is_handed_on() {
    let whole = ndjson(MANY);
    let last = whole.len() - 2;
    for fault in [ObjectFault::Corrupt(last), ObjectFault::Checksum] {
        let world = world();
        world.store.fail("a", fault, 1);
        let message = world.file("a", whole.clone());
        world.run(done(&world)).await;
        assert_eq!(world.queue.place(&message), Place::Deleted);
        assert_eq!(world.queue.receives(&message), 2);
        assert_eq!(world.log.seen().len(), MANY, "each record came once");
    }
    // A connection that breaks is no damage.
    let world = world();
    world.store.fail("a", ObjectFault::Break(last), 1);
    let message = world.file("a", whole);
    world.run(done(&world)).await;
    assert_eq!((world.queue.receives(&message), world.log.seen().len()), (1, MANY));
}

#[tokio::test(start_paused = true)]
async fn trap_93_while_the_disk_is_full_objects_wait_and_none_fails() {
    let world = world();
    world.disk.resize(Some(100));
    let messages: Vec<_> = (0..20).map(|n| world.file(&format!("{n}"), undelimited(50))).collect();
    let logs = Logs::gather();
    let run = world.start(done(&world));
    sleep(600 * SECOND).await;
    assert_eq!((world.log.seen().len(), world.queue.in_place(Place::Dead).len()), (0, 0));
    let outages = run.handle.outages();
    let of = OutageOf::Spool("/spool".into());
    assert_eq!((&outages[0].of, outages[0].class), (&of, OutageClass::Disk));
    assert!(logs.say(&["outage", "spool /spool", "free space"]), "{}", logs.text());
    assert!(world.disk.usage().refused < 100, "{:?}", world.disk.usage());
    world.disk.resize(None);
    run.until_finished().await;
    assert!(run.handle.outages().is_empty());
    let stats = run.stop().await;
    for message in &messages {
        assert_eq!(
            (world.queue.place(message), world.queue.receives(message)),
            (Place::Deleted, 1),
            "its lease was kept"
        );
    }
    assert_eq!((stats.objects.failed, stats.objects.spooled), (0, 20));
}

#[tokio::test(start_paused = true)]
async fn trap_93_a_disk_that_fails_at_any_step_costs_no_record_and_no_receive() {
    for step in 0.. {
        let world = world();
        world.store.chunk_size(50_000);
        let message = world.file("a", long(5_000));
        world.disk.fail_after([step]);
        world.run(done(&world)).await;
        assert!(world.all_done(&["p"], "a", 5_000), "step {step}");
        let (place, receives) = (world.queue.place(&message), world.queue.receives(&message));
        assert_eq!((place, receives), (Place::Deleted, 1), "step {step}");
        if world.disk.usage().refused == 0 {
            // It was made, written, rewound and read.
            assert!(step > 10, "{step}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_downloaded_than_there_is_room_for() {
    let world = world();
    world.store.answers_after(SECOND / 10);
    let file = long(3_000);
    assert!(file.len() as u64 > MIB / 10 && (file.len() as u64) < MIB / 2, "{}", file.len());
    let messages: Vec<_> = (0..40).map(|n| world.file(&format!("{n}"), file.clone())).collect();
    let slow = |seen: &Seen| if seen.index == 0 { Act::Take(10 * SECOND) } else { Act::Done };
    let run = world.start(world.with_probe(slow).spool(spool()));
    run.until_finished().await;
    run.stop().await;
    let usage = world.disk.usage();
    assert!(usage.most > MIB / 2 && usage.most <= MIB, "{usage:?}");
    assert_eq!(usage.files, 0);
    for message in &messages {
        assert_eq!(world.queue.receives(message), 1);
    }
    assert_eq!(world.log.seen().len(), 40 * 3_000);
}

#[tokio::test(start_paused = true)]
async fn slow_processors_hold_no_connection() {
    let world = world();
    world.store.chunk_size(100_000);
    let message = world.file("a", long(80_000));
    let slow = |seen: &Seen| {
        if seen.index.is_multiple_of(10_000) { Act::Take(60 * SECOND) } else { Act::Done }
    };
    let options = crate::ProcessorOptions::default().concurrency(1).no_timeout();
    let builder = world.builder().processor_with("p", options, world.probe("p", slow));
    let run = world.start(builder.spool(spool().bytes(10 * MIB)));
    run.until("it is processed", || !world.log.seen().is_empty()).await;
    assert_eq!((world.store.open(), world.disk.usage().files), (0, 1));
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((world.store.reads().len(), stats.objects.resumed), (1, 0));
    assert_eq!(world.queue.place(&message), Place::Deleted);
    let size = long(80_000).len() as u64;
    assert_eq!((stats.objects.bytes_read, stats.objects.bytes_decoded), (size, size), "once each");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_can_never_fit_fails_and_says_what_to_do() {
    let world = world();
    let big = "1\n".repeat(MIB as usize);
    let (fits, message) =
        (world.file("fits", big[..MIB as usize].to_owned()), world.file("a", big));
    let logs = Logs::gather();
    world.run(done(&world)).await;
    assert_eq!(world.queue.place(&fits), Place::Deleted);
    assert_eq!(world.queue.place(&message), Place::Dead);
    assert!(logs.say(&["s3://data/a", "2097152", "Spool::bytes"]), "{}", logs.text());
    // Where sizes are not told, it is found when there is no more room.
    world.store.hide_sizes();
    let announced = crate::testing::Announced {
        etag: "\"\"".into(),
        ..world.store.put("b", "1\n".repeat(MIB as usize))
    };
    let message = world.announce(&[announced]);
    world.run(done(&world)).await;
    assert_eq!(world.queue.place(&message), Place::Dead);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_too_large_for_any_file_fails_alone() {
    let world = world();
    world.disk.bound_files(1_000);
    let (large, small) = (world.file("large", ndjson(500)), world.file("small", ndjson(5)));
    let logs = Logs::gather();
    let run = world.start(done(&world));
    run.until_finished().await;
    assert!(run.handle.outages().is_empty(), "the disk is not to blame");
    run.stop().await;
    assert_eq!(world.queue.place(&large), Place::Dead);
    assert_eq!((world.queue.place(&small), world.queue.receives(&small)), (Place::Deleted, 1));
    assert!(logs.say(&["s3://data/large", "/spool"]), "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_is_read_where_the_store_tells_no_etags() {
    let world = world();
    world.store.hide_etags();
    let messages: Vec<_> = (0..8).map(|n| world.file(&format!("{n}"), long(4_000))).collect();
    let slow = |seen: &Seen| if seen.index == 0 { Act::Take(SECOND) } else { Act::Done };
    world.run(world.with_probe(slow).spool(spool())).await;
    for message in &messages {
        assert_eq!(
            (world.queue.place(message), world.queue.receives(message)),
            (Place::Deleted, 1)
        );
    }
    assert!(world.store.reads().len() > 8, "some were asked for again");
}

#[tokio::test(start_paused = true)]
async fn a_route_may_spool_alone_or_not_at_all() {
    for (builder, expected) in [
        (
            &(|world: &World| {
                let route = Route::new("a").prefix("a").spool(spool());
                world.with_probe(|_| Act::Done).route(route).route(Route::new("rest"))
            }) as &dyn Fn(&World) -> Builder,
            1,
        ),
        (
            &|world| {
                let route = Route::new("a").prefix("a").spool(None);
                done(world).route(route).route(Route::new("rest"))
            },
            2,
        ),
    ] {
        let world = world();
        for key in ["a", "b", "c"] {
            world.file(key, undelimited(5));
        }
        let stats = world.run(builder(&world)).await;
        // One was made to see whether it can be.
        assert_eq!((stats.objects.spooled, world.disk.usage().ever), (expected, expected + 1));
        assert_eq!(world.log.seen().len(), 15);
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_hands_back_at_once_what_is_still_downloaded() {
    let world = World::new();
    world.store.chunk_size(1_000);
    world.store.fail("a", ObjectFault::SlowChunks(SECOND), 1);
    let message = world.file("a", ndjson(MANY));
    let run = world.start(done(&world));
    sleep(30 * SECOND).await;
    assert_eq!(world.disk.usage().files, 1);
    let began = tokio::time::Instant::now();
    run.stop().await;
    assert!(began.elapsed() < 21 * SECOND, "the receive under way is waited for, and no more");
    assert_eq!((world.queue.place(&message), world.log.seen().len()), (Place::Visible, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_in_the_middle_of_a_download_is_waited_for() {
    let world = world();
    world.store.chunk_size(10_000);
    let keys: Vec<_> = (0..5).map(|n| format!("{n}")).collect();
    let messages: Vec<_> = keys
        .iter()
        .map(|key| {
            world.store.fail(key, ObjectFault::SlowChunks(SECOND), 1);
            world.file(key, long(1_000))
        })
        .collect();
    let run = world.start(done(&world));
    sleep(5 * SECOND).await;
    world.store.cut(true);
    sleep(600 * SECOND).await;
    assert_eq!(run.handle.outages()[0].of, OutageOf::Bucket("data".into()));
    assert_eq!(world.disk.usage().files, 0, "what is held has no room");
    world.store.cut(false);
    run.until_finished().await;
    run.stop().await;
    for message in &messages {
        assert_eq!(
            (world.queue.place(message), world.queue.receives(message)),
            (Place::Deleted, 1)
        );
    }
    assert_eq!(world.log.seen().len(), 5 * 1_000);
}

#[tokio::test(start_paused = true)]
async fn bad_records_of_a_whole_object_fail_by_themselves() {
    let (world, kept) = (world(), MemoryQuarantine::new());
    let act = |seen: &Seen| if seen.index == 3 { Act::Reject } else { Act::Done };
    let message = world.file("a", ndjson(10));
    let builder = world.with_probe(act).spool(spool()).quarantine(kept.clone());
    let stats = world.run(builder).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert_eq!((stats.quarantine.files, stats.objects.spooled), (1, 1));
    // One that is larger than a record may be is no damage of its object.
    let long = format!("1\n\"{}\"\n2\n", "x".repeat(5_000));
    world.file("b", long);
    let limits = Limits::default().record_bytes(1_000);
    let stats = world.run(world.with_probe(|_| Act::Done).spool(spool()).limits(limits)).await;
    assert_eq!(stats.objects.records_refused, 3, "once in each delivery");
}

#[test]
fn what_cannot_work_is_refused() {
    let world = World::new();
    for (builder, says) in [
        (done(&world).spool(Spool::new("/d").bytes(5)), "1 MiB"),
        (
            done(&world)
                .route(Route::new("a").prefix("a").spool(spool()))
                .route(Route::new("rest").spool(spool().bytes(2 * MIB))),
            "/spool",
        ),
    ] {
        let error = builder.build().expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.kind(), BuildErrorKind::Setting);
    }
}

use super::*;
use crate::{
    record::{ObjectRef, RecordId},
    tracking::Moment,
};
use std::{sync::Arc, time::Duration};

fn record(index: u64, processor: &str, payload: &[u8]) -> QuarantinedRecord {
    QuarantinedRecord {
        queue_url: "https://sqs/1/orders".into(),
        message_id: "m".into(),
        bucket: "b".into(),
        key: "k\n".into(),
        version_id: None,
        etag: "e".into(),
        size: 9,
        index,
        offset: 10 * index,
        id: RecordId::of("b", "k\n", None, "e", 10 * index),
        processor: processor.into(),
        decoder: "json".into(),
        error: "told to".into(),
        deliveries: 4,
        payload: payload.into(),
    }
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let records = [
        record(1, "p", b"{\"a\":1}"),
        record(2, "p", b"\xff\x00"),
        record(3, "q", b""),
        record(4, "q", "\u{feff}ü\n".as_bytes()),
    ];
    let file = encode(&records);
    assert_eq!(QuarantinedRecord::read_file(&file).expect("whole"), records);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&file[..]), &mut text)
        .expect("text");
    let first: serde_json::Value =
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["payload"], "{\"a\":1}");
    assert_eq!(first["id"], records[0].id.to_string());
    assert!(text.contains("\"payload_base64\":\"/wA=\""), "{text}");
    for damaged in [&file[..file.len() - 9], &file[1..], b"{}", b""].into_iter().take(3) {
        assert!(QuarantinedRecord::read_file(damaged).is_err());
    }
}

#[test]
fn trap_55_a_record_that_was_put_aside_does_not_show_its_payload() {
    let shown = format!("{:?}", record(1, "p", b"secret"));
    assert!(!shown.contains("secret") && shown.contains("bytes: 6"), "{shown}");
}

#[test]
fn one_message_asks_for_the_records_of_one_object_and_processor() {
    let other = QuarantinedRecord { key: "other".into(), ..record(5, "p", b"") };
    let records = [record(3, "p", b""), record(1, "q", b""), record(1, "p", b""), other];
    let replays = QuarantinedRecord::replays(&records);
    let of: Vec<_> = replays.iter().map(|replay| replay.records).collect();
    assert_eq!(of, [2, 1, 1]);
    assert!(replays[0].body.contains("[1,3]"), "{}", replays[0].body);
    assert!(replays.iter().all(|replay| replay.queue_url == "https://sqs/1/orders"));
    let many: Vec<_> = (0..250).map(|index| record(index, "p", b"")).collect();
    let sizes: Vec<_> =
        QuarantinedRecord::replays(&many).iter().map(|replay| replay.records).collect();
    assert_eq!(sizes, [100, 100, 50]);
}

#[test]
fn a_second_try_writes_over_the_first_and_nobody_else_does() {
    let object = |key, version, etag| ObjectRef::new("b", key, version, etag, 9, None, None);
    let first = name("q", "m", &object("k", None, "e"), "json");
    assert_eq!(first, name("q", "m", &object("k", None, "e"), "json"));
    let others = [
        name("r", "m", &object("k", None, "e"), "json"),
        name("q", "n", &object("k", None, "e"), "json"),
        name("q", "m", &object("l", None, "e"), "json"),
        name("q", "m", &object("k", Some("v"), "e"), "json"),
        name("q", "m", &object("k", None, "f"), "json"),
        name("q", "m", &object("k", None, "e"), "lines"),
    ];
    assert!(others.iter().all(|other| *other != first && other.len() == 32), "{others:?}");
}

#[test]
fn trap_91_beyond_a_share_of_the_traffic_nothing_is_put_aside() {
    let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
    let guard = Arc::new(Guard::default());
    let allows = |records, read, second| match guard.allows(records, read, at(second)) {
        Some(allowed) => {
            allowed.used();
            true
        }
        None => false,
    };
    // A thousand in any case.
    assert!((0..10).all(|n| allows(100, 100 * n, n)));
    assert!(!allows(1, 1_000, 11));
    // One in a hundred where that is more.
    assert!(!allows(1, 100_000, 12) && allows(1, 100_100, 12) && !allows(1, 100_100, 12));
    // What was allowed and came to nothing does not count.
    drop(guard.allows(99, 110_000, at(13)));
    assert!(allows(99, 110_000, 14) && !allows(1, 110_000, 15));
    // Another hour, of which only its own traffic counts.
    assert!(!allows(1, 110_000, 3_599));
    assert!(
        allows(1_000, 110_000, 3_601) && !allows(1, 209_999, 3_602) && allows(1, 210_100, 3_603)
    );
}

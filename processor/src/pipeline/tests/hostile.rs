//! Notifications and objects of those who want to do harm.

use super::{logs::Logs, probe::Act, world::World};
use crate::{
    Context, Limits, ProcessError, Record, RecordProcessor,
    testing::{ObjectFault, QueueSettings, gzip, undelimited},
};

/// What is announced is only a hint: no memory is taken for it, and the object is read to its end.
#[tokio::test(start_paused = true)]
async fn an_object_may_be_announced_with_any_size() {
    for announced in [0, 1, 5 << 40, u64::MAX] {
        for hidden in [false, true] {
            let world = World::new();
            let mut object = world.store.put("k", undelimited(20_000));
            object.size = announced;
            if hidden {
                world.store.hide_sizes();
            }
            world.announce(&[object]);
            let stats = world
                .run(world.with_probe(|_| Act::Done).limits(Limits::default().messages(1)))
                .await;
            assert_eq!(
                (stats.messages.deleted, stats.processors["p"].done),
                (1, 20_000),
                "{announced}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_one_message_names_a_thousand_times_is_read_once() {
    let world = World::new();
    let object = world.store.put("k", undelimited(3));
    world.announce(&vec![object; 1_000]);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.deleted, stats.processors["p"].done), (1, 3));
    assert_eq!(world.store.reads().len(), 1);
}

/// Small as it is stored, and announced as empty: it fails while it is decoded, and costs nothing
/// but itself.
#[tokio::test(start_paused = true)]
async fn a_bomb_does_not_keep_others_from_being_processed() {
    let world = World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() });
    let mut bomb = world.store.put("bomb", gzip(&vec![b' '; 8 << 20]));
    bomb.size = 0;
    world.announce(&[bomb]);
    (0..3).for_each(|n| drop(world.file(&n.to_string(), undelimited(10))));
    let limits = Limits::default().compression_ratio(200).messages(1);
    let stats = world.run(world.with_probe(|_| Act::Done).limits(limits)).await;
    assert_eq!((stats.messages.deleted, stats.processors["p"].done), (3, 30));
    assert_eq!(stats.objects.unreadable, 2, "once for each delivery");
    assert!(
        stats.objects.bytes_decoded < 4 << 20,
        "{} bytes of 16 MiB",
        stats.objects.bytes_decoded
    );
}

/// A key is whatever its writer wants it to be; a log line is not.
#[tokio::test(start_paused = true)]
async fn keys_write_no_lines_into_the_log_and_clear_no_screen() {
    let logs = Logs::gather();
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    let evil = |name: &str| format!("{name}\nERROR forged\r\u{1b}[2J\u{202e}");
    world.file(&evil("fails"), undelimited(10));
    world.file(&evil("broken"), "]");
    for (name, fault) in [
        ("missing", ObjectFault::Missing),
        ("short", ObjectFault::Short(3)),
        ("sum", ObjectFault::Checksum),
    ] {
        world.file(&evil(name), undelimited(10));
        world.store.fail(&evil(name), fault, 100);
    }
    world.queue.send("{\"Type\":\"Notification\",\"Message\":\"\\nERROR \\u001b[2J\"}");
    let limits = Limits::default().failed_records(3);
    let stats = world
        .run(
            world
                .with_probe(
                    |seen| if seen.key.starts_with("fails") { Act::Fail } else { Act::Done },
                )
                .limits(limits),
        )
        .await;
    assert_eq!((stats.messages.deleted, stats.messages.unreadable), (0, 1));
    for name in ["fails", "broken", "missing", "short", "sum"] {
        assert!(
            logs.say(&[
                "s3://data/",
                &format!("{name}\\u{{a}}ERROR forged\\u{{d}}\\u{{1b}}[2J\\u{{202e}}")
            ]),
            "{name}"
        );
    }
    for line in logs.text().lines() {
        assert!(line.starts_with("WARN ") || line.starts_with("ERROR message="), "{line}");
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}

struct Repeats;

impl RecordProcessor for Repeats {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        Err(ProcessError::retry(String::from_utf8_lossy(record.payload()).into_owned()))
    }
}

/// Errors of parsers often repeat what they were given.
#[tokio::test(start_paused = true)]
async fn an_error_that_repeats_a_large_record_is_cut_off() {
    let logs = Logs::gather();
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    world.file("k", format!("\"{}\"", "é".repeat(100_000)));
    let stats = world.run(world.builder().processor("p", Repeats)).await;
    assert_eq!((stats.processors["p"].failed, stats.messages.deleted), (1, 0));
    assert!(logs.say(&["record failed", &"é".repeat(900)]) && logs.text().chars().count() < 2_000);
}

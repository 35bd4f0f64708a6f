//! The two pictures that the project was started from.

use crate::harness::{Counts, Seen, Setup, Sink, ndjson, records, secs};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_records_succeed_and_the_message_is_deleted() {
    let world = Setup::new("all-succeed").make().await;
    let four = records("record", 4);
    world.put("data/file-1.json", ndjson(&four)).await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(1).await;

    sink.assert_each_once(four);
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.released),
        (1, 1, 0)
    );
    assert_eq!(
        (stats.objects.done, stats.objects.records, stats.processors["sink"].done),
        (1, 4, 4)
    );
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_32_the_third_record_fails_and_all_four_come_back_after_the_visibility_timeout() {
    let timeout = 3;
    let world = Setup::new("third-fails").visibility(timeout).make().await;
    let four = records("record", 4);
    world.put("data/file-1.json", ndjson(&four)).await;

    let (third, failed) = (four[2].clone(), AtomicBool::new(false));
    let sink =
        Sink::failing(move |seen| seen.payload == third && !failed.swap(true, Ordering::SeqCst));
    let consumer = world.consume(&sink);
    consumer.until("the message is released", |stats| stats.messages.released == 1).await;
    assert_eq!(consumer.handle.stats().messages.deleted, 0);
    let stats = consumer.finish(1).await;

    let seen = sink.seen();
    let (first, second) = seen.split_at(4);
    for (delivery, seen) in [(1, first), (2, second)] {
        let payloads: HashSet<_> = seen.iter().map(|seen| &seen.payload).collect();
        assert_eq!(payloads, four.iter().collect(), "delivery {delivery}");
        assert!(
            seen.iter().all(|seen| seen.receive_count == delivery),
            "delivery {delivery}: {seen:?}"
        );
    }
    let ids = |seen: &[Seen]| seen.iter().map(|seen| seen.id).collect::<HashSet<_>>();
    assert_eq!(ids(first), ids(second), "a record keeps its id");
    // A lower bound only: how much later it comes depends on the machine.
    let away = second[0].at - first[3].at;
    assert!(away >= secs(timeout) / 2, "came back after {away:?}");

    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.released),
        (2, 1, 1)
    );
    let processor = &stats.processors["sink"];
    assert_eq!((processor.done, processor.failed), (7, 1));
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
}

//! Several services on one topic, and several processors in one service.

use crate::harness::{Consumer, Counts, Setup, Sink, ndjson, records};
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_queues_on_one_topic_each_see_every_record() {
    let world = Setup::new("fan-out").queues(["billing", "search"]).make().await;
    let (billing, search) = (Sink::new(), Sink::new());
    let consumers = [(&world.queues[0].url, &billing), (&world.queues[1].url, &search)]
        .map(|(url, sink)| Consumer::start(world.pipeline_of(url).processor("sink", sink.clone())));

    let mut all = Vec::new();
    for file in 0..5 {
        let records = records(&format!("file-{file}"), 4);
        world.put(&format!("data/file-{file}"), ndjson(&records)).await;
        all.extend(records);
    }

    for (consumer, sink) in consumers.into_iter().zip([&billing, &search]) {
        let stats = consumer.finish(5).await;
        assert_eq!((stats.messages.received, stats.messages.deleted), (5, 5));
        sink.assert_each_once(all.clone());
    }
    for queue in &world.queues {
        assert_eq!(world.counts(&queue.url).await, Counts::EMPTY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_message_waits_for_every_processor() {
    let world = Setup::new("two-processors").visibility(3).make().await;
    let three = records("record", 3);
    world.put("file", ndjson(&three)).await;

    let (store, failed) = (Sink::new(), AtomicBool::new(false));
    let index = Sink::failing(move |seen| {
        seen.payload.contains("record-1") && !failed.swap(true, Ordering::SeqCst)
    });
    let pipeline =
        world.pipeline().processor("store", store.clone()).processor("index", index.clone());
    let stats = Consumer::start(pipeline).finish(1).await;

    assert_eq!((stats.messages.released, stats.messages.deleted), (1, 1));
    assert_eq!((stats.processors["store"].done, stats.processors["store"].failed), (6, 0));
    assert_eq!((stats.processors["index"].done, stats.processors["index"].failed), (5, 1));
    assert_eq!((store.count(), index.count()), (6, 6));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_49_a_panic_fails_its_record_alone() {
    let world = Setup::new("panic").visibility(3).make().await;
    let three = records("record", 3);
    world.put("file", ndjson(&three)).await;

    let panicked = AtomicBool::new(false);
    let sink = Sink::failing(move |seen| {
        assert!(
            !seen.payload.contains("record-1") || panicked.swap(true, Ordering::SeqCst),
            "as the test wants it"
        );
        false
    });
    let stats = world.consume(&sink).finish(1).await;

    let processor = &stats.processors["sink"];
    assert_eq!((processor.done, processor.failed, processor.panicked), (5, 1, 1));
    assert_eq!((stats.messages.released, stats.messages.deleted), (1, 1));
    world.assert_all_gone().await;
}

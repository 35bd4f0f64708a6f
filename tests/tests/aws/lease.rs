//! Messages stay hidden while work goes on.

use crate::harness::{Consumer, Counts, Seen, Setup, Sink, ndjson, records, secs};
use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
use std::time::Duration;

const TIMEOUT: u64 = 4;
const WORK: Duration = secs(3 * TIMEOUT);

/// Works three times as long as a message stays hidden by itself.
struct Slow {
    sink: Sink,
    blocks: bool,
}

impl RecordProcessor for Slow {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        self.sink.note(Seen::of(record, cx));
        if self.blocks {
            std::thread::sleep(WORK);
        } else {
            tokio::time::sleep(WORK).await;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_three_times_longer_than_the_visibility_timeout_is_delivered_once() {
    delivered_once("long-work", false).await;
}

/// Every thread of the runtime is blocked, all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_42_work_that_blocks_every_thread_is_delivered_once() {
    delivered_once("blocking-work", true).await;
}

async fn delivered_once(name: &str, blocks: bool) {
    let world = Setup::new(name).visibility(TIMEOUT).make().await;
    let mut all = Vec::new();
    for file in ["a", "b"] {
        let one = records(file, 1);
        world.put(file, ndjson(&one)).await;
        all.extend(one);
    }
    let sink = Sink::new();
    let consumer = Consumer::start(world.pipeline().processor("slow", Slow { sink: sink.clone(), blocks }));
    if !blocks {
        sink.until(2).await;
        assert_eq!(world.counts(world.queue()).await, Counts::hidden(2));
    }
    let stats = consumer.finish(2).await;

    sink.assert_each_once(all);
    assert_eq!((stats.messages.received, stats.messages.deleted, stats.messages.lease_lost), (2, 2, 0));
    assert!(stats.queue.extensions >= 4, "{:?}", stats.queue);
    world.assert_all_gone().await;
}

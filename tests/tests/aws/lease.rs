//! Messages stay hidden while work goes on.

use crate::harness::{Consumer, Counts, Seen, Setup, Sink, ndjson, records, secs};
use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const TIMEOUT: u64 = 4;
/// How many seconds a record takes that blocks its thread, if not three times as long as a message
/// stays hidden by itself.
const VARIABLE: &str = "S3SQS_BLOCK_SECONDS";
const THREADS: usize = 2;

/// Works much longer than a message stays hidden by itself.
#[derive(Clone)]
struct Slow {
    sink: Sink,
    work: Duration,
    blocks: bool,
    /// How many threads are blocked, and the most that were at once.
    blocked: Arc<[AtomicUsize; 2]>,
}

impl Slow {
    fn new(blocks: bool) -> Self {
        let asked = std::env::var(VARIABLE).ok().filter(|_| blocks);
        let work =
            asked.map_or(3 * TIMEOUT, |seconds| seconds.parse().expect("a number of seconds"));
        Self { sink: Sink::new(), work: secs(work), blocks, blocked: Arc::default() }
    }
}

impl RecordProcessor for Slow {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        self.sink.note(Seen::of(record, cx));
        if self.blocks {
            let [now, most] = &*self.blocked;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(self.work);
            now.fetch_sub(1, Ordering::SeqCst);
        } else {
            tokio::time::sleep(self.work).await;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_three_times_longer_than_the_visibility_timeout_is_delivered_once() {
    delivered_once("long-work", false).await;
}

/// Every thread of the runtime is blocked, all the time, and the given client has connections that
/// this runtime drives.
///
/// For a minute: `S3SQS_BLOCK_SECONDS=60 cargo test -p integration-tests --test aws trap_42`.
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
    let slow = Slow::new(blocks);
    // Used here before the run: whoever sends over its connections needs a thread of this runtime.
    assert_eq!(world.counts(world.queue_url()).await.delayed, 0);
    let pipeline = world.pipeline().sqs_client(world.sqs.clone()).s3_client(world.s3.clone());
    let consumer = Consumer::start(pipeline.processor("slow", slow.clone()));
    if !blocks {
        slow.sink.until(2).await;
        assert_eq!(world.counts(world.queue_url()).await, Counts::hidden(2));
    }
    let stats = consumer.finish(2).await;

    let threads = slow.blocked[1].load(Ordering::SeqCst);
    assert_eq!(threads, if blocks { THREADS } else { 0 }, "blocked at once");
    slow.sink.assert_each_once(all);
    assert!(slow.sink.seen().iter().all(|seen| seen.receive_count == 1), "{:?}", slow.sink.seen());
    // Held for several times the visibility timeout and received once, each message was extended.
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.lease_lost),
        (2, 2, 0)
    );
    assert!(stats.queue.extensions >= 4, "{:?}", stats.queue);
    world.assert_all_gone().await;
}

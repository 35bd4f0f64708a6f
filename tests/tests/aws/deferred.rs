//! Verdicts that come later, from elsewhere.

use crate::harness::{Consumer, Counts, Seen, Setup, Sink, ndjson, records, secs};
use s3_sqs_processor::{Ack, Context, DeferredProcessor, Record};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

const TIMEOUT: u64 = 3;
/// Verdicts come after three times as long as a message stays hidden by itself.
const LATER: Duration = secs(3 * TIMEOUT);

/// Hands records over to whoever has the other end.
struct HandOver {
    sink: Sink,
    to: Sender<(Seen, Ack)>,
}

impl DeferredProcessor for HandOver {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        let seen = Seen::of(record, cx);
        self.sink.note(seen.clone());
        let _ = self.to.send((seen, ack));
    }
}

fn hand_over() -> (Sink, HandOver, Receiver<(Seen, Ack)>) {
    let (sink, (to, taken)) = (Sink::new(), channel());
    (sink.clone(), HandOver { sink, to }, taken)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_of_another_thread_after_three_visibility_timeouts() {
    let world = Setup::new("deferred").visibility(TIMEOUT).make().await;
    let mut all = Vec::new();
    for file in ["a", "b"] {
        let three = records(file, 3);
        world.put(file, ndjson(&three)).await;
        all.extend(three);
    }
    let (sink, processor, taken) = hand_over();
    let consumer = Consumer::start(world.pipeline().deferred_processor("later", processor));
    let count = all.len();
    let elsewhere = thread::spawn(move || {
        let mut held: Vec<_> = taken.iter().take(count).collect();
        let last = held.iter().map(|(seen, _)| seen.at).max().unwrap_or_else(Instant::now);
        thread::sleep(LATER.saturating_sub(last.elapsed()));
        // In another order than they came in; whatever comes still is settled too.
        while let Some((_, ack)) = held.pop() {
            ack.done();
        }
        taken.iter().for_each(|(_, ack)| ack.done());
    });
    sink.until(count).await;
    assert_eq!(world.counts(world.queue_url()).await, Counts::hidden(2));
    assert_eq!(consumer.handle.stats().messages.deleted, 0);
    let stats = consumer.finish(2).await;
    elsewhere.join().unwrap();

    sink.assert_each_once(all);
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.lease_lost),
        (2, 2, 0)
    );
    assert!(stats.queue.extensions >= 4, "{:?}", stats.queue);
    let later = &stats.processors["later"];
    assert_eq!((later.done, later.failed, later.late), (6, 0, 0));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_acknowledgement_brings_its_message_back() {
    let world = Setup::new("forgotten").visibility(TIMEOUT).make().await;
    let (forgotten, good) = (records("forgotten", 2), records("good", 2));
    world.put("forgotten", ndjson(&forgotten)).await;
    world.put("good", ndjson(&good)).await;
    let (sink, processor, taken) = hand_over();
    let consumer = Consumer::start(world.pipeline().deferred_processor("later", processor));
    let elsewhere = thread::spawn(move || {
        for (seen, ack) in taken {
            if seen.receive_count == 1 && seen.payload.contains("forgotten-0") {
                drop(ack);
            } else {
                ack.done();
            }
        }
    });
    let stats = consumer.finish(2).await;
    elsewhere.join().unwrap();

    let mut expected = [forgotten.clone(), forgotten, good].concat();
    expected.sort_unstable();
    assert_eq!(
        sink.payloads(),
        expected,
        "only what was forgotten comes again, with all of its message"
    );
    let counted = |seen: &Seen| seen.key == "forgotten" && seen.receive_count == 2;
    assert_eq!(sink.seen().iter().filter(|seen| counted(seen)).count(), 2);
    assert_eq!(
        (stats.messages.received, stats.messages.released, stats.messages.deleted),
        (3, 1, 2)
    );
    let later = &stats.processors["later"];
    assert_eq!((later.done, later.failed), (5, 1));
    world.assert_all_gone().await;
}

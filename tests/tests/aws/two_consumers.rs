//! Two instances of a service on the same queue.

use crate::harness::{Consumer, Gated, Setup, eventually, ndjson, records};
use s3_sqs_processor::Limits;

const OBJECTS: usize = 60;
const RECORDS: usize = 3;
/// A consumer holds so few messages that the other is left with some.
const HELD: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn share_its_messages() {
    let world = Setup::new("shared").visibility(60).make().await;
    let gates = [Gated::new(), Gated::new()];
    let [first, second] = gates.each_ref().map(|gated| {
        let pipeline = world.pipeline().limits(Limits::default().messages(HELD));
        Consumer::start(pipeline.processor("gated", gated.clone()))
    });
    let put = async |object| {
        let records = records(&format!("object-{object}"), RECORDS);
        world.put(&format!("data/{object}"), ndjson(&records)).await;
        records
    };
    let all = world.side_by_side(0..OBJECTS, put).await.concat();
    for gated in &gates {
        gated.begun.until(1).await;
    }
    gates.iter().for_each(|gated| gated.open_for(all.len()));
    let deleted = || [&first, &second].map(|consumer| consumer.handle.stats().messages.deleted);
    eventually("all are deleted", async || {
        (deleted().iter().sum::<u64>() == OBJECTS as u64).then_some(())
    })
    .await;

    let mut payloads = Vec::new();
    for (consumer, gated) in [first, second].into_iter().zip(&gates) {
        let messages = consumer.stop().await.messages;
        assert_eq!((messages.received, messages.lease_lost), (messages.deleted, 0));
        assert!(messages.deleted > 0, "both work");
        assert_eq!(gated.finished.count() as u64, messages.deleted * RECORDS as u64);
        assert!(gated.finished.seen().iter().all(|seen| seen.receive_count == 1));
        payloads.extend(gated.finished.payloads());
    }
    payloads.sort_unstable();
    let mut all = all;
    all.sort_unstable();
    assert_eq!(payloads, all, "each record was seen once, by one of them");
    world.assert_all_gone().await;
}

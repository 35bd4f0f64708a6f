//! What never succeeds ends in the dead-letter queue, by the queue's own doing.

use crate::harness::{Counts, Setup, Sink, eventually, ndjson, records};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_37_a_record_that_always_fails_ends_in_the_dead_letter_queue() {
    let world = Setup::new("poison").visibility(3).max_receives(2).make().await;
    let (poison, good) = (records("poison", 3), records("good", 3));
    world.put("poison", ndjson(&poison)).await;
    world.put("good", ndjson(&good)).await;

    let sink = Sink::failing(|seen| seen.payload.contains("poison-1"));
    let consumer = world.consume(&sink);
    let url = world.dead_letter_url();
    eventually("the dead letter", async || (world.counts(url).await.visible == 1).then_some(()))
        .await;
    let stats = consumer.stop().await;

    let expected = [good, poison.clone(), poison].concat();
    let mut expected: Vec<_> = expected.into_iter().collect();
    expected.sort_unstable();
    assert_eq!(sink.payloads(), expected, "each delivery hands on every record");
    assert_eq!(
        (stats.messages.received, stats.messages.deleted, stats.messages.released),
        (3, 1, 2)
    );
    assert_eq!(stats.processors["sink"].failed, 2);
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
    let letters = world.dead_letters(1).await;
    assert!(letters[0].contains(&world.bucket) && letters[0].contains("poison"), "{letters:?}");
}

//! Many objects at once. Each of these tests has the server to itself; they are in the first
//! module, so they begin first.

use crate::harness::{Setup, Sink, World, eventually, ndjson, records};
use std::collections::HashSet;

const OBJECTS: usize = 1_000;
const RECORDS: usize = 3;

async fn fill(world: &World) -> Vec<String> {
    let put = async |object| {
        let records = records(&format!("object-{object}"), RECORDS);
        world.put(&format!("data/{object:04}"), ndjson(&records)).await;
        records
    };
    world.side_by_side(0..OBJECTS, put).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_in_one_go_and_every_record_is_counted_exactly() {
    let world = Setup::new("thousand").visibility(60).alone().make().await;
    let sink = Sink::new();
    let consumer = world.consume(&sink);
    let all = fill(&world).await;

    let stats = consumer.finish(OBJECTS as u64).await;
    sink.assert_each_once(all);
    let (messages, objects) = (&stats.messages, &stats.objects);
    assert_eq!(
        (messages.received, messages.deleted, messages.released),
        (OBJECTS as u64, OBJECTS as u64, 0)
    );
    assert_eq!((objects.opened, objects.done), (OBJECTS as u64, OBJECTS as u64));
    assert_eq!(objects.records, (OBJECTS * RECORDS) as u64);
    assert_eq!(stats.processors["sink"].done, (OBJECTS * RECORDS) as u64);
    world.assert_all_gone().await;
}

/// Stopped twice in the middle, by a drain and by dropping the future. The visibility timeout is
/// far beyond the test's patience: what was held comes back because it is handed back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_with_stops_in_the_middle_and_every_record_is_seen() {
    let world = Setup::new("restarted").visibility(600).alone().make().await;
    let sink = Sink::new();
    let consumer = world.consume(&sink);
    let drained = async {
        consumer.until_deleted(OBJECTS as u64 / 4).await;
        consumer.stop().await.messages
    };
    let (all, drained) = tokio::join!(fill(&world), drained);
    assert!(drained.deleted < OBJECTS as u64, "in the middle");
    assert_eq!(
        sink.count() as u64,
        drained.deleted * RECORDS as u64,
        "what a drain finishes is deleted"
    );

    let consumer = world.consume(&sink);
    consumer.until_deleted(OBJECTS as u64 / 4).await;
    let handle = consumer.handle.clone();
    consumer.drop_future().await;
    let settled = async || (handle.stats().held == 0).then(|| handle.stats().messages);
    let dropped = eventually("all has found its end", settled).await;
    let rest = OBJECTS as u64 - drained.deleted - dropped.deleted;
    assert!(rest > 0, "in the middle");

    let last = world.consume(&sink).finish(rest).await.messages;
    assert_eq!(last.deleted, rest);
    let seen = sink.seen();
    let payloads: HashSet<_> = seen.iter().map(|seen| &seen.payload).collect();
    assert_eq!(payloads, all.iter().collect(), "every record was seen");
    let ids: HashSet<_> = seen.iter().map(|seen| seen.id).collect();
    assert_eq!(ids.len(), all.len(), "a record that is seen again has the same id");
    let again = (seen.len() - all.len()) as u64;
    assert!(again <= dropped.released * RECORDS as u64, "{again} again, {dropped:?}");
    world.assert_all_gone().await;
}

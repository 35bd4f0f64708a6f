//! Many objects at once. The longest test, and so in the first module: tests begin in the order of their names.

use crate::harness::{Setup, Sink, ndjson, records};
use futures::StreamExt;

const OBJECTS: usize = 1_000;
const RECORDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_in_one_go_and_every_record_is_counted_exactly() {
    let world = Setup::new("thousand").visibility(60).make().await;
    let sink = Sink::new();
    let consumer = world.consume(&sink);

    let put = futures::stream::iter(0..OBJECTS).map(async |object| {
        let records = records(&format!("object-{object}"), RECORDS);
        world.put(&format!("data/{object:04}"), ndjson(&records)).await;
        records
    });
    let all: Vec<String> = put.buffer_unordered(16).collect::<Vec<_>>().await.concat();

    let stats = consumer.finish(OBJECTS as u64).await;
    sink.assert_each_once(all);
    let (messages, objects) = (&stats.messages, &stats.objects);
    assert_eq!((messages.received, messages.deleted, messages.released), (OBJECTS as u64, OBJECTS as u64, 0));
    assert_eq!((objects.opened, objects.done), (OBJECTS as u64, OBJECTS as u64));
    assert_eq!(objects.records, (OBJECTS * RECORDS) as u64);
    assert_eq!(stats.processors["sink"].done, (OBJECTS * RECORDS) as u64);
    world.assert_all_gone().await;
}

//! Many records at a time, out of many small objects.

use crate::harness::{Consumer, Seen, Setup, Sink, ndjson, records, secs};
use s3_sqs_processor::{
    BatchError, BatchOptions, BatchProcessor, Context, ProcessError, Record, Redelivery,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OBJECTS: usize = 60;
const RECORDS: usize = 2;
/// What stands first in one of the objects.
const BAD: &str = "object-7-0";

/// Fails, at its first delivery, one record by its index in the batch.
struct Bulk {
    sink: Sink,
    batches: Arc<AtomicUsize>,
}

impl BatchProcessor for Bulk {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        self.batches.fetch_add(1, Ordering::SeqCst);
        let seen: Vec<_> = records.iter().map(|record| Seen::of(*record, cx)).collect();
        let again = self.sink.payloads();
        let bad = |seen: &Seen| seen.payload.contains(BAD) && !again.contains(&seen.payload);
        let bad: Vec<_> =
            seen.iter().enumerate().filter(|(_, seen)| bad(seen)).map(|(index, _)| index).collect();
        seen.into_iter().for_each(|seen| self.sink.note(seen));
        BatchError::of(
            bad.into_iter().map(|index| (index, ProcessError::retry("as the test wants it"))),
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_gathered_over_objects_and_a_bad_record_fails_its_own_message_alone() {
    let world = Setup::new("batches").visibility(60).make().await;
    let put = async |object| {
        let records = records(&format!("object-{object}"), RECORDS);
        world.put(&format!("data/{object}"), ndjson(&records)).await;
        records
    };
    let objects = world.side_by_side(0..OBJECTS, put).await;

    let (sink, batches) = (Sink::new(), Arc::new(AtomicUsize::new(0)));
    let bulk = Bulk { sink: sink.clone(), batches: Arc::clone(&batches) };
    let options = BatchOptions::default().max_records(40).max_wait(secs(1));
    let pipeline = world.pipeline().redelivery(Redelivery::backoff(secs(1), secs(1)));
    let consumer = Consumer::start(pipeline.batch_processor_with("bulk", options, bulk));
    let stats = consumer.finish(OBJECTS as u64).await;

    let fails = |records: &&Vec<String>| records[0].contains(BAD);
    let bad = objects.iter().find(fails).unwrap().clone();
    let mut expected = [objects.concat(), bad].concat();
    expected.sort_unstable();
    assert_eq!(sink.payloads(), expected, "only the bad record's object comes again");
    let batches = batches.load(Ordering::SeqCst);
    assert!(batches < OBJECTS, "{batches} batches of {OBJECTS} objects");
    let (messages, count) = (&stats.messages, OBJECTS as u64);
    assert_eq!((messages.received, messages.deleted, messages.released), (count + 1, count, 1));
    let bulk = &stats.processors["bulk"];
    assert_eq!((bulk.done, bulk.failed), (((OBJECTS + 1) * RECORDS - 1) as u64, 1));
    world.assert_all_gone().await;
}

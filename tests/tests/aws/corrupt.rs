//! Bytes that are not what S3 holds, on a read that was resumed.

use crate::harness::{Consumer, Setup, Sink, logged, ndjson, records, secs};
use local_aws::{BackendKind, Fault, FaultPlan};
use s3_sqs_processor::Redelivery;

const RECORDS: usize = 2_000;
/// Where the connection breaks.
const CUT: usize = 20_000;
/// How often the message comes before all goes well.
const DELIVERIES: u64 = 3;

/// A digit of a record behind this byte.
fn digit_behind(body: &[u8], at: usize) -> usize {
    at + body[at..].iter().position(u8::is_ascii_digit).unwrap()
}

/// No fault of LocalStack's changes bytes on their way, so this is on the embedded AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_63_bytes_that_are_corrupt_behind_a_resumption_are_never_deleted() {
    let world = Setup::on(BackendKind::Embedded, "corrupt").make().await;
    let embedded = world.backend.embedded().expect("asked for");
    let all = records("record", RECORDS);
    let body = ndjson(&all);
    // The request so far on: of each delivery the first is cut, and the second resumes it.
    let strike = |request: u64, fault| {
        let plan = FaultPlan::new("GetObject", fault).matching(format!("{}/file", world.bucket));
        embedded.inject(plan.skip(request).times(1))
    };
    let hits: Vec<_> = (0..DELIVERIES)
        .flat_map(|delivery| {
            let (first, second) = (2 * delivery, 2 * delivery + 1);
            // Behind the cut, or before it.
            let (hit, at) = match delivery {
                0 => (second, digit_behind(&body, CUT + 10) - CUT),
                1 => (first, digit_behind(&body, CUT / 2)),
                _ => (second, digit_behind(&body, body.len() - 8) - CUT),
            };
            let flip = Fault::FlipBody { at: at as u64 };
            [strike(first, Fault::CutBody { after: CUT as u64 }), strike(hit, flip)]
        })
        .collect();
    world.put("file", body).await;

    let sink = Sink::new();
    let pipeline = world.pipeline().redelivery(Redelivery::backoff(secs(1), secs(1)));
    let stats = Consumer::start(pipeline.processor("sink", sink.clone())).finish(1).await;

    assert_eq!(
        (stats.messages.received, stats.messages.released, stats.messages.deleted),
        (DELIVERIES + 1, DELIVERIES, 1),
        "deleted once it was read whole, and not before"
    );
    assert!(hits.iter().all(|hits| hits.count() == 1), "{hits:?}");
    assert_eq!((stats.objects.resumed, stats.objects.unreadable), (DELIVERIES, DELIVERIES));
    // What was read before the end was known to be wrong was handed on, one wrong record each time.
    let seen = sink.seen();
    for delivery in 1..=DELIVERIES + 1 {
        let payloads: Vec<_> = seen
            .iter()
            .filter(|seen| u64::from(seen.receive_count) == delivery)
            .map(|seen| seen.payload.clone())
            .collect();
        let wrong = payloads.iter().zip(&all).filter(|(got, stored)| got != stored).count();
        let expected = usize::from(delivery <= DELIVERIES);
        assert_eq!((payloads.len(), wrong), (RECORDS, expected), "delivery {delivery}");
    }
    let object = format!("s3://{}/file", world.bucket);
    let lines = logged(&["WARN", &object, "the body is not what S3 holds"]);
    assert_eq!(lines.len() as u64, DELIVERIES, "{lines:#?}");
    world.assert_all_gone().await;
}

//! An object is overwritten while it is read, in a bucket that keeps no versions.

use crate::harness::{Consumer, Gated, Setup, ndjson, secs};
use local_aws::{BackendKind, Fault, FaultPlan};
use s3_sqs_processor::Redelivery;
use std::collections::{HashMap, HashSet};

const RECORDS: usize = 1_200;
const PADDING: usize = 10_000;
/// Behind all that is read while nothing is finished, in buffers and on the way: about 4 MiB and
/// what sockets hold.
const CUT: u64 = 9 << 20;

/// Records that each say of which version they are.
fn version(name: &str) -> Vec<String> {
    let padding = "x".repeat(PADDING);
    (0..RECORDS)
        .map(|index| format!(r#"{{"version":"{name}","id":{index},"padding":"{padding}"}}"#))
        .collect()
}

/// LocalStack lets no object be overwritten while it is read, so this is on the embedded AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_11_two_versions_are_never_spliced() {
    let world = Setup::on(BackendKind::Embedded, "spliced").visibility(60).make().await;
    let embedded = world.backend.embedded().expect("asked for");
    let cut = FaultPlan::new("GetObject", Fault::CutBody { after: CUT });
    let cuts = embedded.inject(cut.matching(format!("{}/same-key", world.bucket)).times(1));
    let (first, second) = (version("first"), version("second"));

    world.put("same-key", ndjson(&first)).await;
    let gated = Gated::new();
    let pipeline = world.pipeline().redelivery(Redelivery::backoff(secs(1), secs(1)));
    let consumer = Consumer::start(pipeline.processor("gated", gated.clone()));
    gated.begun.until(1).await;
    world.put("same-key", ndjson(&second)).await;
    let read = consumer.handle.stats().objects.bytes_read;
    assert!(
        read > 0 && read < CUT,
        "overwritten in the middle, before the connection broke: {read}"
    );
    gated.open_for(4 * RECORDS);
    let stats = consumer.finish(2).await;

    // Where reading broke off it may not go on with other bytes: the message comes back, for the
    // object as it is now.
    assert_eq!(
        (cuts.count(), stats.objects.resumed, stats.objects.unreadable, stats.objects.overwritten),
        (1, 1, 1, 1)
    );
    assert_eq!(
        (stats.messages.received, stats.messages.released, stats.messages.deleted),
        (3, 1, 2)
    );
    let (mut by_etag, mut times) = (HashMap::<_, HashSet<_>>::new(), HashMap::<_, usize>::new());
    for seen in gated.finished.seen() {
        by_etag.entry(seen.etag).or_default().insert(seen.payload.contains("first"));
        *times.entry(seen.payload).or_default() += 1;
    }
    assert!(
        by_etag.len() == 2 && by_etag.values().all(|versions| versions.len() == 1),
        "spliced: {by_etag:?}"
    );
    // By the first message's second delivery, and by its own message.
    assert!(
        second.iter().all(|record| times.remove(record) == Some(2)),
        "the new version was processed"
    );
    assert!(
        times.values().all(|times| *times == 1) && times.len() < RECORDS,
        "{} of the old version",
        times.len()
    );
    assert!(
        first.iter().take(times.len()).all(|record| times.contains_key(record)),
        "from its beginning"
    );
    world.assert_all_gone().await;
}

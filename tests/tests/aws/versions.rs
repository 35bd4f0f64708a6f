//! Objects that were overwritten before they were read.

use crate::harness::{Setup, Sink};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_11_an_overwritten_object_is_read_by_the_announced_version() {
    let world = Setup::new("versions").make().await;
    world.keep_versions().await;
    let mut put = Vec::new();
    for body in [r#"{"is":"first"}"#, r#"{"is":"second"}"#] {
        put.push((world.put("same-key", body).await, body.to_owned()));
    }
    // Now the key has no object at all; its versions are still there.
    world.delete("same-key").await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(2).await;
    let mut seen: Vec<_> =
        sink.seen().into_iter().map(|seen| (seen.version, seen.payload)).collect();
    seen.sort_unstable();
    put.sort_unstable();
    assert!(put.iter().all(|(version, _)| version.is_some()));
    assert_eq!(seen, put);
    assert_eq!((stats.messages.received, stats.objects.overwritten), (2, 0));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_11_without_versions_it_is_processed_as_it_was_read_and_counted() {
    let world = Setup::new("overwritten").make().await;
    world.put("same-key", r#"{"is":"first"}"#).await;
    world.put("same-key", r#"{"is":"second"}"#).await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(2).await;
    assert!(
        sink.payloads().iter().all(|payload| payload == r#"{"is":"second"}"#),
        "{:?}",
        sink.payloads()
    );
    assert!(sink.count() >= 1);
    assert_eq!((stats.messages.deleted, stats.objects.overwritten), (2, 1));
    world.assert_all_gone().await;
}

//! Small objects cost requests, and neither connections nor threads: those follow from what is done
//! at once, not from how much is done. On the embedded AWS, because it counts the connections it
//! accepts.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use futures::{StreamExt, stream};
use local_aws::{Backend, BackendKind};
use s3_sqs_processor::{
    Context, Limits, Pipeline, ProcessError, Record, RecordProcessor, provision::Provision,
};
use std::time::Duration;

const OBJECTS: u64 = 400;
/// Messages held at once, each of one object: as many objects are read at once.
const SLOTS: u64 = 20;
/// At once on the control thread, with room: four receives, and deletes, releases and extensions
/// that do not wait for each other.
const QUEUE_REQUESTS: u64 = 40;

struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, _record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_and_threads_do_not_grow_with_the_number_of_objects() {
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let made = Provision::new("small").apply(&config).await.unwrap();
    let s3 = Backend::s3(&config);
    let puts = (0..OBJECTS).map(|n| {
        let put = s3
            .put_object()
            .bucket(&made.bucket.name)
            .key(n.to_string())
            .body(b"{}".to_vec().into());
        async move { drop(put.send().await.unwrap()) }
    });
    stream::iter(puts).buffer_unordered(16).for_each(|()| std::future::ready(())).await;

    let aws = backend.embedded().unwrap();
    let before = aws.stats();
    let limits = Limits::default().messages(SLOTS as usize);
    let builder = Pipeline::builder()
        .queue_url(&made.queues[0].url)
        .aws_config(config.clone())
        .limits(limits);
    // The end waits for the poll under way.
    let pipeline =
        builder.processor("p", Trivial).wait_time(Duration::from_secs(1)).build().unwrap();
    let handle = pipeline.handle();
    let running = tokio::spawn(pipeline.run());
    let done = async |count| {
        let all_are = async {
            while handle.stats().objects.done < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), all_are).await.unwrap();
    };
    // By now everything that is started once has been started.
    done(OBJECTS / 4).await;
    let enough = threads();
    done(OBJECTS).await;
    let threads = threads();
    assert!(threads <= enough, "{threads} threads, and {enough} before");
    handle.drain();
    running.await.unwrap().unwrap();

    let after = aws.stats();
    assert_eq!(after.of("GetObject") - before.of("GetObject"), OBJECTS);
    let connections = after.connections - before.connections;
    assert!(
        connections <= SLOTS + QUEUE_REQUESTS,
        "{connections} connections for {OBJECTS} objects"
    );
}

/// Of this process, as Linux counts them; zero elsewhere.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

//! A consumer is killed in the middle; another finishes.

use crate::harness::{Consumer, Counts, Process, Setup, Sink, World, eventually, ndjson};
use s3_sqs_processor::{Builder, from_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const FILES: usize = 3;

/// Files of two records, the second of which the first consumer never finishes.
async fn filled(name: &str, visibility: u64) -> (World, Vec<String>) {
    let world = Setup::new(name).visibility(visibility).make().await;
    let mut all = Vec::new();
    for file in 0..FILES {
        let two = ["quick", "hangs"].map(|word| format!(r#"{{"id":"{file}-{word}"}}"#));
        world.put(&format!("file-{file}"), ndjson(&two)).await;
        all.extend(two);
    }
    (world, all)
}

/// Another consumer sees every record, and deletes every message.
async fn another_finishes(world: &World, all: Vec<String>) {
    let sink = Sink::new();
    let stats = world.consume(&sink).finish(FILES as u64).await;
    sink.assert_each_once(all);
    assert!(sink.seen().iter().all(|seen| seen.receive_count >= 2), "{:?}", sink.seen());
    assert_eq!(stats.messages.deleted, FILES as u64);
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_process_is_killed_and_another_finishes() {
    let (world, all) = filled("killed", 4).await;
    let mut process = Process::start(&world.environment());
    let lines = process.lines_until(2 * FILES).await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("begun")).count(), FILES, "{lines:?}");
    assert_eq!(world.counts(world.queue_url()).await, Counts::hidden(FILES as u32));
    process.kill().await;
    another_finishes(&world, all).await;
}

/// A pipeline whose processor never finishes the records that hang, and how many it began.
fn hanging(world: &World) -> (Builder, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let processor = from_fn(move |record, _| {
        let hangs = String::from_utf8_lossy(record.payload()).contains("hangs");
        counted.fetch_add(usize::from(hangs), Ordering::SeqCst);
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    });
    (world.pipeline().processor("hanging", processor), begun)
}

async fn all_hang(begun: &AtomicUsize) {
    eventually("all hang", async || (begun.load(Ordering::SeqCst) == FILES).then_some(())).await;
}

/// The visibility timeout is far beyond the test's patience: the messages come back because they
/// are handed back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_47_the_future_is_dropped_and_another_finishes() {
    let (world, all) = filled("dropped", 600).await;
    let (pipeline, begun) = hanging(&world);
    let consumer = Consumer::start(pipeline);
    all_hang(&begun).await;
    consumer.drop_future().await;
    another_finishes(&world, all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_47_the_whole_runtime_ends_and_another_finishes() {
    let (world, all) = filled("runtime", 600).await;
    let (pipeline, begun) = hanging(&world);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let pipeline = pipeline.build().unwrap();
    runtime.spawn(pipeline.run());
    all_hang(&begun).await;
    runtime.shutdown_background();
    another_finishes(&world, all).await;
}

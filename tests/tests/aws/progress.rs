//! What was settled is not done again, with progress on the server's own S3.

use crate::harness::{
    Consumer, Counts, Process, Setup, World, eventually, lacks, ndjson, records, secs,
};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use local_aws::{Backend, BackendKind};
use s3_sqs_processor::{
    Builder, DynamoDbProgress, ProcessError, S3Progress, from_fn, testing::check_progress_store,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// A bucket of its own: what is saved must not be announced.
async fn state(world: &World) -> String {
    let bucket = format!("{}-state", world.bucket);
    world.s3.create_bucket().bucket(&bucket).send().await.unwrap();
    bucket
}

async fn kept(world: &World, bucket: &str) -> usize {
    let listed = world.s3.list_objects_v2().bucket(bucket).send().await.unwrap();
    listed.contents().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms() {
    let world = Setup::new("conforms").make().await;
    let bucket = state(&world).await;
    let store = S3Progress::new(Backend::s3(&world.config), &bucket, "a/");
    assert_eq!(check_progress_store(&store, "00000000000000aa").await, Ok(()));
    assert_eq!(kept(&world, &bucket).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_conforms() {
    // LocalStack's is a Java program of its own, which it would fetch.
    if lacks("DynamoDB", &[BackendKind::Embedded, BackendKind::LocalStack]) {
        return;
    }
    let world = Setup::new("table").make().await;
    let client = aws_sdk_dynamodb::Client::new(&world.config);
    let key = KeySchemaElement::builder().attribute_name("name").key_type(KeyType::Hash);
    let name = AttributeDefinition::builder()
        .attribute_name("name")
        .attribute_type(ScalarAttributeType::S);
    let table = client
        .create_table()
        .table_name(&world.name)
        .key_schema(key.build().unwrap())
        .attribute_definitions(name.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest);
    table.send().await.unwrap();
    let store = DynamoDbProgress::new(client.clone(), &world.name, secs(3_600));
    assert_eq!(check_progress_store(&store, "00000000000000aa").await, Ok(()));
    let left = client.scan().table_name(&world.name).send().await.unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_record_comes_back_alone() {
    let world = Setup::new("alone").visibility(2).make().await;
    let bucket = state(&world).await;
    world.put("file", ndjson(&records("alone", 2_000))).await;
    let seen: Arc<Mutex<HashMap<u64, u32>>> = Arc::default();
    let counted = Arc::clone(&seen);
    let processor = from_fn(move |record, cx| {
        *counted.lock().unwrap().entry(record.index()).or_default() += 1;
        let fails = record.index() == 1_234 && cx.receive_count() == 1;
        async move { if fails { Err(ProcessError::reject("told to")) } else { Ok(()) } }
    });
    let progress = |builder: Builder| {
        builder.progress(S3Progress::new(Backend::s3(&world.config), &bucket, "p/"))
    };
    let consumer = Consumer::start(progress(world.pipeline().processor("p", processor)));
    let stats = consumer.finish(1).await;
    let seen = seen.lock().unwrap().clone();
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!((seen.len(), twice), (2_000, vec![(&1_234, &2)]));
    assert_eq!((stats.progress.saved, stats.progress.loaded), (1, 1));
    assert_eq!(kept(&world, &bucket).await, 0, "it lives as long as its message");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_another_process_does_the_rest() {
    let world = Setup::new("rest").visibility(4).make().await;
    let bucket = state(&world).await;
    world.put("file", ndjson(&records("rest", 3_000))).await;
    let mut environment = world.environment();
    let more = [("PROGRESS", &*bucket), ("PROGRESS_MS", "200"), ("TAKES_MS", "400")];
    environment.extend(more.map(|(name, value)| (name, value.to_owned())));
    let mut first = Process::start(&environment);
    let mut done = first.lines_until(1_000).await.len();
    eventually("progress is saved", async || (kept(&world, &bucket).await > 0).then_some(())).await;
    done += first.lines_until(500).await.len();
    first.kill().await;
    let mut second = Process::start(&environment);
    let mut rest = 0;
    let all_gone = eventually("the file is done", async || {
        (world.counts(world.queue_url()).await == Counts::EMPTY).then_some(())
    });
    let counting = async {
        loop {
            second.lines_until(1).await;
            rest += 1;
        }
    };
    tokio::select! {
        () = all_gone => {}
        () = counting => {}
    }
    assert!(done + rest >= 3_000 && rest < 2_800, "{done} and {rest}");
}

//! Whose objects are read.

use crate::harness::{
    Consumer, Counts, Setup, Sink, World, entry, eventually, logged, ndjson, notification, records,
};
use local_aws::BackendKind;
use s3_sqs_processor::Builder;

/// Everybody's account on a local server.
const ACCOUNT: &str = "000000000000";

async fn world(setup: Setup) -> World {
    setup.visibility(3).max_receives(1).make().await
}

async fn ends_as_a_dead_letter(world: &World, builder: Builder, says: &[&str]) {
    let sink = Sink::new();
    let consumer = Consumer::start(builder.processor("sink", sink.clone()));
    let url = world.dead_letter_url();
    eventually("the dead letter", async || (world.counts(url).await.visible == 1).then_some(()))
        .await;
    let stats = consumer.stop().await;
    assert_eq!((stats.messages.received, stats.messages.deleted, stats.objects.done), (1, 0, 0));
    sink.assert_each_once(Vec::new());
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
    assert_eq!(logged(says).len(), 1, "{says:?}");
}

/// Neither LocalStack nor ministack compares owners, so this is on the embedded AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_10_a_bucket_of_another_account_is_not_read() {
    let world = world(Setup::on(BackendKind::Embedded, "other-account")).await;
    world.put("file.json", r#"{"a":1}"#).await;
    let object = format!("s3://{}/file.json", world.bucket);
    let says = ["WARN", &object, "could not be read", "AccessDenied"];
    ends_as_a_dead_letter(&world, world.pipeline().expected_bucket_owner("210987654321"), &says)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_10_a_bucket_of_the_expected_account_is_read() {
    let world = world(Setup::new("own-account")).await;
    let two = records("record", 2);
    world.put("file.json", ndjson(&two)).await;
    let sink = Sink::new();
    let builder = world.pipeline().expected_bucket_owner(ACCOUNT).allowed_buckets([&world.bucket]);
    Consumer::start(builder.processor("sink", sink.clone())).finish(1).await;
    sink.assert_each_once(two);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_10_a_forged_notification_is_kept_and_nothing_of_it_is_read() {
    let world = world(Setup::new("forged")).await;
    world.send(&notification([entry("somebody-elses", "file.json")])).await;
    let says = ["WARN", &world.name, "not understood", "somebody-elses", "allowed_buckets"];
    ends_as_a_dead_letter(&world, world.pipeline().allowed_buckets([&world.bucket]), &says).await;
}

//! The ways from a bucket to a queue.

use crate::harness::{Setup, Sink, World, ndjson, records};
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, NotificationConfiguration, QueueConfiguration,
};
use local_aws::BackendKind;

async fn processed(world: &World, bucket: &str, without_objects: u64) {
    let three = records("record", 3);
    let put = world.s3.put_object().bucket(bucket).key("data/file").body(ndjson(&three).into());
    put.send().await.unwrap();
    let sink = Sink::new();
    let stats = world.consume(&sink).finish(1 + without_objects).await;
    sink.assert_each_once(three);
    assert_eq!((stats.messages.without_objects, stats.messages.unreadable), (without_objects, 0));
    assert_eq!(stats.messages.received, 1 + without_objects);
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_03_in_the_envelope_of_sns() {
    let world = Setup::new("envelope").with(|provision| provision.raw_delivery(false)).make().await;
    processed(&world, &world.bucket, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_03_by_raw_delivery() {
    let world = Setup::new("raw").with(|provision| provision.raw_delivery(true)).make().await;
    processed(&world, &world.bucket, 0).await;
}

/// Another bucket, whose announcements come to the queue in another way only.
async fn bucket(world: &World, notifications: NotificationConfiguration) -> String {
    let bucket = format!("{}-direct", world.name);
    world.s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let request = world.s3.put_bucket_notification_configuration().bucket(&bucket);
    request.notification_configuration(notifications).send().await.unwrap();
    bucket
}

/// The test event comes bare as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_03_straight_from_the_bucket() {
    let world = Setup::new("straight").make().await;
    let queue = QueueConfiguration::builder()
        .queue_arn(&world.queues[0].arn)
        .events(Event::S3ObjectCreated);
    let notifications =
        NotificationConfiguration::builder().queue_configurations(queue.build().unwrap());
    let bucket = bucket(&world, notifications.build()).await;
    processed(&world, &bucket, 1).await;
}

/// LocalStack percent-encodes keys here, which AWS does not: the key is a plain one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_03_through_event_bridge() {
    if crate::harness::lacks("EventBridge", &[BackendKind::Embedded]) {
        return;
    }
    let world = Setup::new("bridge").make().await;
    let bridge = EventBridgeConfiguration::builder().build();
    let notifications = NotificationConfiguration::builder().event_bridge_configuration(bridge);
    let bucket = bucket(&world, notifications.build()).await;
    let events = aws_sdk_eventbridge::Client::new(&world.config);
    let pattern =
        serde_json::json!({"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}});
    events.put_rule().name(&world.name).event_pattern(pattern.to_string()).send().await.unwrap();
    let target =
        aws_sdk_eventbridge::types::Target::builder().id("queue").arn(&world.queues[0].arn);
    let targets = events
        .put_targets()
        .rule(&world.name)
        .targets(target.build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(targets.failed_entry_count(), 0, "{targets:?}");
    processed(&world, &bucket, 0).await;
}

//! The shapes in which a notification of S3 comes to a queue.

use crate::conformance::aws::{Aws, outcome, unique};
use crate::conformance::case::Case;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, NotificationConfiguration, QueueConfiguration,
    TopicConfiguration,
};
use serde_json::Value;

const STRUCTURE: &str = "Event message structure";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("from the bucket to a queue", STRUCTURE, "Records of 1", direct),
        Case::services(
            "through a topic",
            "Parsing Amazon SNS message formats",
            "Notification, Amazon S3 Notification: Records of 1",
            topic,
        ),
        Case::services(
            "through a topic, raw",
            "Amazon SNS raw message delivery",
            "Records of 1",
            raw,
        ),
        Case::services(
            "through EventBridge",
            "EventBridge event message structure",
            "Object Created of aws.s3",
            bridge,
        ),
        Case::services(
            "the test event to a queue",
            STRUCTURE,
            "s3:TestEvent of Amazon S3",
            test_event,
        ),
        Case::services(
            "the test event through a topic",
            STRUCTURE,
            "Notification: s3:TestEvent of Amazon S3",
            topic_test,
        ),
        Case::services(
            "a notification to a queue that does not exist",
            "PutBucketNotificationConfiguration",
            "400 InvalidArgument",
            missing,
        ),
    ]
}

/// Tells the queue of these events of the bucket; the test event is taken away.
pub(super) async fn announce(aws: &Aws, bucket: &str, queue: &str, events: &[Event]) {
    let to_queue = QueueConfiguration::builder().queue_arn(aws.queue_arn(queue).await);
    let to_queue = to_queue.set_events(Some(events.to_vec())).build().unwrap();
    configure(
        aws,
        bucket,
        NotificationConfiguration::builder().queue_configurations(to_queue).build(),
    )
    .await;
    aws.messages(queue, 1).await;
}

async fn configure(aws: &Aws, bucket: &str, configuration: NotificationConfiguration) {
    let put = aws.s3.put_bucket_notification_configuration().bucket(bucket);
    put.notification_configuration(configuration).send().await.unwrap();
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn records(notification: &Value) -> String {
    let records = notification["Records"].as_array();
    let whole =
        records.is_some_and(|records| records.iter().all(|one| one["eventSource"] == "aws:s3"));
    if whole {
        format!("Records of {}", records.map_or(0, Vec::len))
    } else {
        notification.to_string()
    }
}

fn test(event: &Value) -> String {
    format!(
        "{} of {}",
        event["Event"].as_str().unwrap_or("nothing"),
        event["Service"].as_str().unwrap_or("nobody")
    )
}

async fn direct(aws: Aws) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    announce(&aws, &bucket, &queue, &[Event::S3ObjectCreated]).await;
    aws.object(&bucket, "k", "m").await;
    records(&json(&aws.bodies(&queue, 1).await[0]))
}

/// A bucket that tells a topic, and a queue that listens to it and has the test event.
async fn through_topic(aws: &Aws, attributes: &[(&str, &str)]) -> (String, String) {
    let (bucket, topic) = (aws.bucket().await, aws.topic().await);
    let queue = aws.listener(&topic, attributes).await;
    let to_topic = TopicConfiguration::builder()
        .topic_arn(topic)
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    configure(
        aws,
        &bucket,
        NotificationConfiguration::builder().topic_configurations(to_topic).build(),
    )
    .await;
    (bucket, queue)
}

async fn topic(aws: Aws) -> String {
    let (bucket, queue) = through_topic(&aws, &[]).await;
    aws.messages(&queue, 1).await;
    aws.object(&bucket, "k", "m").await;
    let envelope = json(&aws.bodies(&queue, 1).await[0]);
    let text = |name: &str| envelope[name].as_str().unwrap_or_default().to_owned();
    format!("{}, {}: {}", text("Type"), text("Subject"), records(&json(&text("Message"))))
}

async fn raw(aws: Aws) -> String {
    let (bucket, queue) = through_topic(&aws, &[("RawMessageDelivery", "true")]).await;
    aws.messages(&queue, 1).await;
    aws.object(&bucket, "k", "m").await;
    records(&json(&aws.bodies(&queue, 1).await[0]))
}

async fn bridge(aws: Aws) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    let events = aws_sdk_eventbridge::Client::new(&aws.config);
    let (rule, pattern) = (
        unique(),
        serde_json::json!({"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}),
    );
    if events.put_rule().name(&rule).event_pattern(pattern.to_string()).send().await.is_err() {
        return "no EventBridge".to_owned();
    }
    let arn = aws.queue_arn(&queue).await;
    let target =
        aws_sdk_eventbridge::types::Target::builder().id("queue").arn(arn).build().unwrap();
    events.put_targets().rule(&rule).targets(target).send().await.unwrap();
    let bridge = EventBridgeConfiguration::builder().build();
    configure(
        &aws,
        &bucket,
        NotificationConfiguration::builder().event_bridge_configuration(bridge).build(),
    )
    .await;
    aws.object(&bucket, "k", "m").await;
    let event = json(&aws.bodies(&queue, 1).await[0]);
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    format!("{} of {}", text("detail-type"), text("source"))
}

async fn test_event(aws: Aws) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    let to_queue = QueueConfiguration::builder()
        .queue_arn(aws.queue_arn(&queue).await)
        .events(Event::S3ObjectCreated);
    let configuration =
        NotificationConfiguration::builder().queue_configurations(to_queue.build().unwrap());
    configure(&aws, &bucket, configuration.build()).await;
    test(&json(&aws.bodies(&queue, 1).await[0]))
}

async fn topic_test(aws: Aws) -> String {
    let (_, queue) = through_topic(&aws, &[]).await;
    let envelope = json(&aws.bodies(&queue, 1).await[0]);
    let text = |name: &str| envelope[name].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", text("Type"), test(&json(&text("Message"))))
}

async fn missing(aws: Aws) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    let arn = format!("{}-none", aws.queue_arn(&queue).await);
    let to_queue = QueueConfiguration::builder()
        .queue_arn(arn)
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    let configuration = NotificationConfiguration::builder().queue_configurations(to_queue).build();
    let put = aws
        .s3
        .put_bucket_notification_configuration()
        .bucket(bucket)
        .notification_configuration(configuration);
    outcome(put.send().await)
}

//! Publishing to topics.

use super::envelopes::json;
use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use aws_sdk_sns::types::{MessageAttributeValue as Value, PublishBatchRequestEntry as Entry};

const PUBLISH: &str = "Publish";
const BATCH: &str = "PublishBatch";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("a message to every queue", PUBLISH, "one to each", every),
        Case::services(
            "the envelope of a message",
            "Parsing Amazon SNS message formats",
            "id, topic, subject, body and attributes as published",
            envelope,
        ),
        Case::services(
            "attributes with raw delivery",
            "Amazon SNS raw message delivery",
            "attributes of the SQS message",
            raw_attributes,
        ),
        Case::services("a message of 256 KiB", PUBLISH, "done", largest),
        Case::services(
            "a message of 256 KiB and a byte",
            PUBLISH,
            "400 InvalidParameter",
            too_large,
        ),
        Case::services("an empty message", PUBLISH, "400 InvalidParameter", empty),
        Case::services("a topic that does not exist", PUBLISH, "404 NotFound", missing),
        Case::services("a batch of messages", BATCH, "each a message", batch),
        Case::services("a batch of no messages", BATCH, "400 EmptyBatchRequest", batch_of_none),
        Case::services(
            "a batch of eleven messages",
            BATCH,
            "400 TooManyEntriesInBatchRequest",
            batch_of_eleven,
        ),
        Case::services(
            "a batch of messages with an id twice",
            BATCH,
            "400 BatchEntryIdsNotDistinct",
            batch_of_twins,
        ),
        Case::services(
            "a batch of more than 256 KiB",
            BATCH,
            "400 BatchRequestTooLong",
            long_batch,
        ),
    ]
}

async fn every(aws: Aws) -> String {
    let topic = aws.topic().await;
    let queues = [aws.listener(&topic, &[]).await, aws.listener(&topic, &[]).await];
    aws.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    for queue in &queues {
        aws.bodies(queue, 1).await;
    }
    "one to each".to_owned()
}

fn text(value: &str) -> Value {
    Value::builder().data_type("String").string_value(value).build().unwrap()
}

async fn envelope(aws: Aws) -> String {
    let topic = aws.topic().await;
    let queue = aws.listener(&topic, &[]).await;
    let publish = aws.sns.publish().topic_arn(&topic).subject("about").message("{\"a\":\"ü\"}");
    let id =
        publish.message_attributes("colour", text("red")).send().await.unwrap().message_id.unwrap();
    let envelope = json(&aws.bodies(&queue, 1).await[0]);
    let mut wrong = Vec::new();
    for (name, value) in [
        ("Type", "Notification"),
        ("MessageId", &*id),
        ("TopicArn", &*topic),
        ("Subject", "about"),
        ("Message", "{\"a\":\"ü\"}"),
    ] {
        if envelope[name] != value {
            wrong.push(format!("{name} is {}", envelope[name]));
        }
    }
    if envelope["MessageAttributes"]["colour"]
        != serde_json::json!({"Type": "String", "Value": "red"})
    {
        wrong.push(format!("MessageAttributes is {}", envelope["MessageAttributes"]));
    }
    if wrong.is_empty() {
        "id, topic, subject, body and attributes as published".to_owned()
    } else {
        wrong.join(", ")
    }
}

async fn raw_attributes(aws: Aws) -> String {
    let topic = aws.topic().await;
    let queue = aws.listener(&topic, &[("RawMessageDelivery", "true")]).await;
    let publish =
        aws.sns.publish().topic_arn(&topic).message("m").message_attributes("colour", text("red"));
    publish.send().await.unwrap();
    let message = aws.messages(&queue, 1).await.remove(0);
    assert_eq!(message.body(), Some("m"));
    let attributes = message.message_attributes.unwrap_or_default();
    let red = attributes.get("colour").is_some_and(|value| value.string_value() == Some("red"));
    if red { "attributes of the SQS message" } else { "no attributes" }.to_owned()
}

async fn publish(aws: &Aws, body: String) -> String {
    let topic = aws.topic().await;
    outcome(aws.sns.publish().topic_arn(topic).message(body).send().await)
}

async fn largest(aws: Aws) -> String {
    publish(&aws, "x".repeat(256 << 10)).await
}

async fn too_large(aws: Aws) -> String {
    publish(&aws, "x".repeat((256 << 10) + 1)).await
}

async fn empty(aws: Aws) -> String {
    publish(&aws, String::new()).await
}

async fn missing(aws: Aws) -> String {
    let topic = format!("{}-none", aws.topic().await);
    alike([
        outcome(aws.sns.publish().topic_arn(&topic).message("m").send().await),
        outcome(aws.sns.get_topic_attributes().topic_arn(&topic).send().await),
    ])
}

fn entry(id: &str, body: &str) -> Entry {
    Entry::builder().id(id).message(body).build().unwrap()
}

async fn batch(aws: Aws) -> String {
    let topic = aws.topic().await;
    let queue = aws.listener(&topic, &[("RawMessageDelivery", "true")]).await;
    let batch = aws.sns.publish_batch().topic_arn(&topic);
    let batch = batch
        .publish_batch_request_entries(entry("a", "one"))
        .publish_batch_request_entries(entry("b", "two"));
    match batch.send().await {
        Ok(answer) => assert_eq!((answer.successful().len(), answer.failed().len()), (2, 0)),
        error => return outcome(error),
    }
    let bodies = aws.bodies(&queue, 2).await;
    if bodies == ["one", "two"] { "each a message".to_owned() } else { format!("{bodies:?}") }
}

async fn batch_of(aws: &Aws, entries: Vec<Entry>) -> String {
    let topic = aws.topic().await;
    let batch =
        aws.sns.publish_batch().topic_arn(&topic).set_publish_batch_request_entries(Some(entries));
    outcome(batch.send().await)
}

async fn batch_of_none(aws: Aws) -> String {
    batch_of(&aws, Vec::new()).await
}

async fn batch_of_eleven(aws: Aws) -> String {
    batch_of(&aws, (0..11).map(|id| entry(&id.to_string(), "m")).collect()).await
}

async fn batch_of_twins(aws: Aws) -> String {
    batch_of(&aws, vec![entry("a", "m"), entry("a", "m")]).await
}

async fn long_batch(aws: Aws) -> String {
    let body = "x".repeat(150 << 10);
    batch_of(&aws, vec![entry("a", &body), entry("b", &body)]).await
}

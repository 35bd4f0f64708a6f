//! Which events there are, and what they say.

use super::envelopes::{announce, json};
use crate::conformance::aws::Aws;
use crate::conformance::aws::outcome;
use crate::conformance::case::Case;
use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
    QueueConfiguration, S3KeyFilter,
};
use serde_json::Value;

const STRUCTURE: &str = "Event message structure";
const TYPES: &str = "Event notification types and destinations";

const FILTERING: &str = "Configuring event notifications using object key name filtering";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services(
            "an upload",
            STRUCTURE,
            "ObjectCreated:Put, 5 bytes, its ETag, no version",
            put,
        ),
        Case::services(
            "an upload in parts",
            STRUCTURE,
            "ObjectCreated:CompleteMultipartUpload, 1 bytes, its ETag, no version",
            parts,
        ),
        Case::services(
            "a copy",
            STRUCTURE,
            "ObjectCreated:Copy, 5 bytes, its ETag, no version",
            copy,
        ),
        Case::services(
            "an upload where versions are kept",
            STRUCTURE,
            "ObjectCreated:Put, 5 bytes, its ETag, its version",
            version,
        ),
        Case::services("a delete", TYPES, "ObjectRemoved:Delete", delete),
        Case::services(
            "a delete where versions are kept",
            TYPES,
            "ObjectRemoved:DeleteMarkerCreated",
            marker,
        ),
        Case::services("the delete of a version", TYPES, "ObjectRemoved:Delete", delete_version),
        Case::services("events that were not asked for", TYPES, "ObjectCreated:Copy", chosen),
        Case::services("the sequencers of one key", STRUCTURE, "rising", sequencers),
        Case::services(
            "two notifications for one event and key",
            FILTERING,
            "400 InvalidArgument",
            ambiguous,
        ),
    ]
}

/// A bucket that announces everything, and where to.
async fn world(aws: &Aws, versioned: bool) -> (String, String) {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    if versioned {
        aws.keep_versions(&bucket).await;
    }
    announce(aws, &bucket, &queue, &[Event::S3ObjectCreated, Event::from("s3:ObjectRemoved:*")])
        .await;
    (bucket, queue)
}

/// The next event.
async fn event(aws: &Aws, queue: &str) -> Value {
    json(&aws.bodies(queue, 1).await[0])["Records"][0].take()
}

fn name(event: &Value) -> &str {
    event["eventName"].as_str().unwrap_or("nothing")
}

/// The event of the newest object `k`.
async fn created(aws: &Aws, (bucket, queue): (String, String)) -> String {
    let event = event(aws, &queue).await;
    let head = aws.s3.head_object().bucket(bucket).key("k").send().await.unwrap();
    let told = &event["s3"]["object"];
    let etag = told["eTag"].as_str() == head.e_tag().map(|etag| etag.trim_matches('"'));
    let version = match (told["versionId"].as_str(), head.version_id()) {
        (None, None) => "no version",
        (told, version) if told == version => "its version",
        _ => "another version",
    };
    let etag = if etag { "its ETag" } else { "another ETag" };
    format!("{}, {} bytes, {etag}, {version}", name(&event), told["size"])
}

async fn put(aws: Aws) -> String {
    let world = world(&aws, false).await;
    aws.object(&world.0, "k", "hello").await;
    created(&aws, world).await
}

async fn parts(aws: Aws) -> String {
    let world = world(&aws, false).await;
    super::uploads::upload(&aws, &world.0, None, &[b"m"]).await.unwrap();
    created(&aws, world).await
}

async fn copy(aws: Aws) -> String {
    let world = world(&aws, false).await;
    let from = aws.bucket().await;
    aws.object(&from, "a b", "hello").await;
    aws.s3
        .copy_object()
        .bucket(&world.0)
        .key("k")
        .copy_source(format!("{from}/a%20b"))
        .send()
        .await
        .unwrap();
    created(&aws, world).await
}

async fn version(aws: Aws) -> String {
    let world = world(&aws, true).await;
    aws.object(&world.0, "k", "hello").await;
    created(&aws, world).await
}

async fn removed(aws: &Aws, versioned: bool, by_version: bool) -> String {
    let (bucket, queue) = world(aws, versioned).await;
    let version = aws.object(&bucket, "k", "hello").await;
    event(aws, &queue).await;
    let delete = aws
        .s3
        .delete_object()
        .bucket(bucket)
        .key("k")
        .set_version_id(version.filter(|_| by_version));
    delete.send().await.unwrap();
    let event = event(aws, &queue).await;
    name(&event).to_owned()
}

async fn delete(aws: Aws) -> String {
    removed(&aws, false, false).await
}

async fn marker(aws: Aws) -> String {
    removed(&aws, true, false).await
}

async fn delete_version(aws: Aws) -> String {
    removed(&aws, true, true).await
}

/// Only copies are asked for, and one comes last.
async fn chosen(aws: Aws) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    announce(&aws, &bucket, &queue, &[Event::S3ObjectCreatedCopy]).await;
    aws.object(&bucket, "a", "hello").await;
    aws.s3.delete_object().bucket(&bucket).key("none").send().await.unwrap();
    aws.s3
        .copy_object()
        .bucket(&bucket)
        .key("k")
        .copy_source(format!("{bucket}/a"))
        .send()
        .await
        .unwrap();
    name(&event(&aws, &queue).await).to_owned()
}

async fn sequencers(aws: Aws) -> String {
    let (bucket, queue) = world(&aws, false).await;
    let mut seen = Vec::new();
    for body in ["one", "two", "three"] {
        aws.object(&bucket, "k", body).await;
        let event = event(&aws, &queue).await;
        seen.push(event["s3"]["object"]["sequencer"].as_str().unwrap_or_default().to_owned());
    }
    // To compare two, the shorter is padded with zeros on the right.
    let longest = seen.iter().map(String::len).max().unwrap_or_default();
    let seen: Vec<_> = seen.into_iter().map(|text| format!("{text:0<longest$}")).collect();
    let rising = seen.is_sorted_by(|one, next| one < next);
    let constant = seen.windows(2).all(|pair| pair[0] == pair[1]);
    if rising {
        "rising"
    } else if constant {
        "constant"
    } else {
        "neither rising nor constant"
    }
    .to_owned()
}

async fn ambiguous(aws: Aws) -> String {
    let (bucket, one, other) =
        (aws.bucket().await, aws.plain_queue().await, aws.plain_queue().await);
    let (one, other) = (aws.queue_arn(&one).await, aws.queue_arn(&other).await);
    let queue = |arn: &str, prefix: &str, event: Event| {
        let rule = FilterRule::builder().name(FilterRuleName::Prefix).value(prefix).build();
        let key = S3KeyFilter::builder().filter_rules(rule).build();
        let filter = NotificationConfigurationFilter::builder().key(key).build();
        let queue = QueueConfiguration::builder().queue_arn(arn).events(event).filter(filter);
        queue.build().unwrap()
    };
    let both = NotificationConfiguration::builder()
        .queue_configurations(queue(&one, "a/", Event::S3ObjectCreated))
        .queue_configurations(queue(&other, "a/b/", Event::S3ObjectCreatedPut))
        .build();
    let put = aws.s3.put_bucket_notification_configuration().bucket(bucket);
    outcome(put.notification_configuration(both).send().await)
}

//! How a notification spells a key.

use super::envelopes::{announce, json};
use crate::conformance::aws::Aws;
use crate::conformance::case::Case;
use aws_sdk_s3::types::Event;

const PAGE: &str = "Event message structure";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("a space in a key", PAGE, "a+b", |aws| spelled(aws, "a b")),
        Case::services("a plus in a key", PAGE, "a%2Bb", |aws| spelled(aws, "a+b")),
        Case::services("a percent sign in a key", PAGE, "100%25+%2541", |aws| {
            spelled(aws, "100% %41")
        }),
        Case::services("letters beyond ASCII in a key", PAGE, "%C3%BC/%E6%97%A5.json", |aws| {
            spelled(aws, "ü/日.json")
        }),
        Case::services("a key of plain letters and slashes", PAGE, "a/b-c_d.e", |aws| {
            spelled(aws, "a/b-c_d.e")
        }),
        Case::services("signs that forms encode", PAGE, "a%3Db%26c%3F%23%40%3A%2C", |aws| {
            spelled(aws, "a=b&c?#@:,")
        }),
    ]
}

async fn spelled(aws: Aws, key: &'static str) -> String {
    let (bucket, queue) = (aws.bucket().await, aws.plain_queue().await);
    announce(&aws, &bucket, &queue, &[Event::S3ObjectCreated]).await;
    aws.object(&bucket, key, "m").await;
    let body = json(&aws.bodies(&queue, 1).await[0]);
    body["Records"][0]["s3"]["object"]["key"].as_str().unwrap_or("no key").to_owned()
}

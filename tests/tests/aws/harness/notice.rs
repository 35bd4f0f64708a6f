//! Notifications made by hand, for what no bucket announces on demand.

use serde_json::{Value, json};

/// One entry of a notification. The key is one that needs no encoding.
pub(crate) fn entry(bucket: &str, key: &str) -> Value {
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-20T10:35:40.061Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket}, "object": {"key": key}},
    })
}

/// The body of a message, as S3 sends it to a queue.
pub(crate) fn notification(entries: impl IntoIterator<Item = Value>) -> String {
    json!({"Records": entries.into_iter().collect::<Vec<_>>()}).to_string()
}

//! What every body in `fixtures` must give, what each trap demands, and what holds for any text.
//!
//! The fixtures called `aws-*` hold one body as AWS documents it; the others hold received messages
//! as an emulator of AWS gave them.

mod documented;
mod hostile;
mod properties;
mod received;
mod refused;
mod traps;

use super::*;
use fuzz::in_sns;

/// One expected object, in short: bucket, key, version, ETag, size.
type Expected<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, Option<u64>);

fn short(object: &NotifiedObject) -> Expected<'_> {
    (&object.bucket, &object.key, object.version_id.as_deref(), object.etag.as_deref(), object.size)
}

fn parse(body: &str) -> Result<Notification, NotificationError> {
    Reader::default().read(body)
}

fn parsed(body: &str) -> Notification {
    parse(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn keys(body: &str) -> Vec<String> {
    let objects = parsed(body).objects;
    objects.into_iter().map(|object| object.key).collect()
}

fn refusal(body: &str) -> NotificationErrorKind {
    parse(body).expect_err(body).kind()
}

/// The smallest body that announces one object, with `key` as written into the notification.
fn announcing(key: &str) -> serde_json::Value {
    serde_json::json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "b"}, "object": {"key": key}},
    }]})
}

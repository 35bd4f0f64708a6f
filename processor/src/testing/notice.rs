use serde_json::json;

/// An object as S3 announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) etag: String,
    pub(crate) size: u64,
}

/// The body of S3's own message about these objects.
pub(crate) fn notification(objects: &[Announced]) -> String {
    let records: Vec<_> = objects.iter().map(record).collect();
    json!({ "Records": records }).to_string()
}

/// What S3 sends when a notification is configured.
pub(crate) fn test_event() -> String {
    json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-02T03:04:05.678Z",
        "Bucket": "data",
        "RequestId": "5582815E1AEA5ADF",
        "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
    })
    .to_string()
}

fn record(object: &Announced) -> serde_json::Value {
    let mut details = json!({
        "key": encoded(&object.key), "size": object.size, "eTag": object.etag,
        "sequencer": "0055AED6DCD90281E5",
    });
    if let Some(version) = &object.version_id {
        details["versionId"] = json!(version);
    }
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1",
        "eventTime": "2026-01-02T03:04:05.678Z", "eventName": "ObjectCreated:Put",
        "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": object.bucket }, "object": details },
    })
}

/// As a form field: a space is a plus.
fn encoded(key: &str) -> String {
    key.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                text.push(byte.into());
            }
            b' ' => text.push('+'),
            other => text.push_str(&format!("%{other:02X}")),
        }
        text
    })
}

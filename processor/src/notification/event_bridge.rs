//! EventBridge's format: one event, its content under `detail`.

use serde::Deserialize;

use super::error::NotificationError;
use super::json::{self, Object};
use super::object::{self, NotifiedObject};
use super::skipped::Skipped;

const SOURCE: &str = "aws.s3";
const CREATED: &str = "Object Created";
const VERSION: &str = "0";
/// CloudTrail reports calls on objects under the same source. Such a call may well have created an
/// object, so that it must not pass as an event of another kind.
const CLOUD_TRAIL: &str = "via CloudTrail";

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "detail-type")]
    detail_type: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    region: Option<String>,
    time: Option<String>,
    detail: Option<Object<Detail>>,
}

#[derive(Deserialize)]
struct Detail {
    version: Option<String>,
    bucket: Option<Object<Bucket>>,
    object: Option<Object<Details>>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Details {
    key: Option<String>,
    size: Option<u64>,
    etag: Option<String>,
    version_id: Option<String>,
    sequencer: Option<String>,
}

/// The created object in `body`, if it is of that kind.
pub(super) fn objects(body: &str) -> Result<(Vec<NotifiedObject>, Skipped), NotificationError> {
    let missing = NotificationError::missing;
    let head: Head = json::object(body)?;
    let source = head.source.ok_or_else(|| missing("source"))?;
    if source != SOURCE {
        return Err(NotificationError::foreign("source", &source, SOURCE));
    }
    if head.detail_type.ends_with(CLOUD_TRAIL) {
        return Err(NotificationError::foreign("detail-type", &head.detail_type, CREATED));
    }
    if head.detail_type != CREATED {
        return Ok((Vec::new(), Skipped { other_events: 1, ..Skipped::default() }));
    }
    let event: Event = json::object(body)?;
    let Object(detail) = event.detail.ok_or_else(|| missing("detail"))?;
    let version = detail.version.ok_or_else(|| missing("detail.version"))?;
    if version != VERSION {
        return Err(NotificationError::version("detail.version", &version, VERSION));
    }
    let bucket =
        object::bucket(detail.bucket.and_then(|Object(bucket)| bucket.name), "detail.bucket.name")?;
    let Object(details) = detail.object.ok_or_else(|| missing("detail.object"))?;
    let object = NotifiedObject {
        bucket,
        // Plain, unlike in S3's own format: a `+` or `%41` in it is part of the key.
        key: object::key(object::filled(details.key).ok_or_else(|| missing("detail.object.key"))?)?,
        version_id: object::version_id(details.version_id),
        etag: object::etag(details.etag),
        size: details.size,
        sequencer: object::filled(details.sequencer),
        event_time: object::filled(event.time),
        event_name: head.detail_type,
        region: object::filled(event.region),
    };
    Ok((vec![object], Skipped::default()))
}

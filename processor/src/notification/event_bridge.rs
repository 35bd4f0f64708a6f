//! EventBridge's format: one event, its content under `detail`.

use serde::Deserialize;

use super::error::NotificationError;
use super::json::{self, Any};
use super::object::{self, Found, Hints, NotifiedObject};

const SOURCE: &str = "aws.s3";
const CREATED: &str = "Object Created";
const VERSION: &str = "0";
/// CloudTrail reports calls on objects under the same source. Such a call may well have created an
/// object, so that it must not pass as an event of another kind.
const CLOUD_TRAIL: &str = "via CloudTrail";
/// Security Lake tells its subscribers of objects in this shape, without a `detail-type` (*Managing
/// data access for Security Lake subscribers* in the Amazon Security Lake User Guide).
const SECURITY_LAKE: &str = "securitylake.amazonaws.com";

/// The other kinds of events (*Using EventBridge* in the Amazon S3 User Guide).
const OTHERS: [&str; 9] = [
    "Object Deleted",
    "Object Restore Initiated",
    "Object Restore Completed",
    "Object Restore Expired",
    "Object Storage Class Changed",
    "Object Access Tier Changed",
    "Object ACL Updated",
    "Object Tags Added",
    "Object Tags Deleted",
];
/// What `reason` says of a created object (*EventBridge event message structure*, there).
const REASONS: [&str; 4] = ["PutObject", "POST Object", "CopyObject", "CompleteMultipartUpload"];
/// And of a deleted one.
const OTHER_REASONS: [&str; 2] = ["DeleteObject", "Lifecycle Expiration"];

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: Option<Any>,
    source: Option<Any>,
    region: Option<Any>,
    time: Option<Any>,
    detail: Option<Any<Detail>>,
}

#[derive(Deserialize)]
struct Detail {
    version: Option<Any>,
    bucket: Option<Any<Bucket>>,
    object: Option<Any<Details>>,
    requester: Option<Any>,
    reason: Option<Any>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<Any>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Details {
    key: Option<Any>,
    size: Option<Any>,
    etag: Option<Any>,
    version_id: Option<Any>,
    sequencer: Option<Any>,
}

/// The created object in an event, if it is of that kind.
pub(super) fn objects(body: &str) -> Result<Found, NotificationError> {
    let missing = NotificationError::missing;
    let event: Event = json::object(body)?;
    let source = event.source.and_then(Any::text).ok_or_else(|| missing("source"))?;
    if source != SOURCE {
        return Err(NotificationError::foreign("source", &source, SOURCE));
    }
    let detail = event.detail.and_then(Any::object);
    let name = match event.detail_type.and_then(Any::text) {
        Some(name) if name.ends_with(CLOUD_TRAIL) => {
            return Err(NotificationError::foreign("detail-type", &name, CREATED));
        }
        Some(name) if OTHERS.contains(&&*name) => return Ok(Found::other()),
        Some(name) if name != CREATED => {
            return Err(NotificationError::unknown_event("detail-type", &name));
        }
        Some(name) => name,
        None => {
            let asker = detail.as_ref().and_then(|detail| match &detail.requester {
                Some(Any::Text(requester)) => Some(requester.as_str()),
                _ => None,
            });
            if asker != Some(SECURITY_LAKE) {
                return Err(missing("detail-type"));
            }
            SECURITY_LAKE.to_owned()
        }
    };
    let detail = detail.ok_or_else(|| missing("detail"))?;
    if name == CREATED {
        check_version(detail.version.as_ref(), "detail.version")?;
    }
    let mut hints = Hints::default();
    let (event_time, region) = (hints.text(event.time), hints.text(event.region));
    let object = object(detail.bucket, detail.object, &name, "detail.", &mut hints)?;
    Ok(Found::one(NotifiedObject { event_time, region, ..object }, hints))
}

/// The same of a body that is the detail alone. What kind of event it is of shows by its reason.
pub(super) fn objects_of_detail(body: &str) -> Result<Found, NotificationError> {
    let detail: Detail = json::object(body)?;
    check_version(detail.version.as_ref(), "version")?;
    let reason = detail.reason.and_then(Any::text);
    let reason = reason.ok_or_else(|| NotificationError::missing("reason"))?;
    if OTHER_REASONS.contains(&&*reason) {
        return Ok(Found::other());
    }
    if !REASONS.contains(&&*reason) {
        return Err(NotificationError::unknown_event("reason", &reason));
    }
    let mut hints = Hints::default();
    let object = object(detail.bucket, detail.object, CREATED, "", &mut hints)?;
    Ok(Found::one(object, hints))
}

fn check_version(version: Option<&Any>, field: &str) -> Result<(), NotificationError> {
    match version {
        Some(Any::Text(version)) if version == VERSION => Ok(()),
        Some(Any::Text(version)) => Err(NotificationError::version(field, version, VERSION)),
        _ => Err(NotificationError::missing(field)),
    }
}

fn object(
    bucket: Option<Any<Bucket>>,
    details: Option<Any<Details>>,
    name: &str,
    below: &str,
    hints: &mut Hints,
) -> Result<NotifiedObject, NotificationError> {
    let missing = |field: &str| NotificationError::missing(&format!("{below}{field}"));
    let bucket = bucket.and_then(Any::object).and_then(|bucket| bucket.name).and_then(Any::text);
    let bucket = object::bucket(bucket, &format!("{below}bucket.name"))?;
    let details = details.and_then(Any::object).ok_or_else(|| missing("object"))?;
    let key = object::filled(details.key.and_then(Any::text));
    // Plain, unlike in S3's own format: a `+` or `%41` in it is part of the key.
    let key = object::key(key.ok_or_else(|| missing("object.key"))?)?;
    Ok(NotifiedObject {
        version_id: object::version_id(hints.text(details.version_id)),
        etag: object::etag(hints.text(details.etag)),
        size: hints.number(details.size),
        sequencer: hints.text(details.sequencer),
        ..NotifiedObject::new(bucket, key, name)
    })
}

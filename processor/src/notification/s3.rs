//! S3's own format: a list of events under `Records`.

use serde::Deserialize;

use super::Skipped;
use super::error::NotificationError;
use super::json::{self, Object};
use super::key;
use super::object::{self, NotifiedObject};

const SOURCE: &str = "aws:s3";
const CREATED: &str = "ObjectCreated:";
/// A higher minor version only adds fields; a new major one may change the meaning of these.
const MAJOR_VERSION: &str = "2";

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Records")]
    records: Vec<Object<Event>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_version: Option<String>,
    event_source: Option<String>,
    event_name: Option<String>,
    event_time: Option<String>,
    aws_region: Option<String>,
    s3: Option<Object<Entity>>,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Option<Object<Bucket>>,
    object: Option<Object<Details>>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    key: Option<String>,
    size: Option<u64>,
    e_tag: Option<String>,
    version_id: Option<String>,
    sequencer: Option<String>,
}

/// The created objects in `body`; events of other kinds are counted in `skipped`.
pub(super) fn objects(body: &str, skipped: &mut Skipped) -> Result<Vec<NotifiedObject>, NotificationError> {
    let body: Body = json::object(body)?;
    let mut objects = Vec::with_capacity(body.records.len());
    for (index, Object(event)) in body.records.into_iter().enumerate() {
        match event.into_object() {
            Ok(Some(object)) => objects.push(object),
            Ok(None) => skipped.other_events += 1,
            Err(error) => return Err(error.at(format_args!("Records[{index}]"))),
        }
    }
    Ok(objects)
}

impl Event {
    fn into_object(self) -> Result<Option<NotifiedObject>, NotificationError> {
        let missing = NotificationError::missing;
        let source = self.event_source.ok_or_else(|| missing("eventSource"))?;
        if source != SOURCE {
            return Err(NotificationError::foreign("eventSource", &source, SOURCE));
        }
        let version = self.event_version.ok_or_else(|| missing("eventVersion"))?;
        if version.split('.').next() != Some(MAJOR_VERSION) {
            return Err(NotificationError::version("eventVersion", &version, "2.x"));
        }
        let name = object::filled(self.event_name).ok_or_else(|| missing("eventName"))?;
        // The notification configuration writes names with this prefix, messages without it.
        if !name.strip_prefix("s3:").unwrap_or(&name).starts_with(CREATED) {
            return Ok(None);
        }
        let (bucket, details) = match self.s3 {
            Some(Object(entity)) => (entity.bucket, entity.object),
            None => (None, None),
        };
        let bucket =
            object::filled(bucket.and_then(|Object(bucket)| bucket.name)).ok_or_else(|| missing("s3.bucket.name"))?;
        let Object(details) = details.ok_or_else(|| missing("s3.object"))?;
        let encoded = object::filled(details.key).ok_or_else(|| missing("s3.object.key"))?;
        Ok(Some(NotifiedObject {
            bucket,
            key: key::decode(&encoded)?,
            version_id: object::version_id(details.version_id),
            etag: object::etag(details.e_tag),
            size: details.size,
            sequencer: object::filled(details.sequencer),
            event_time: object::filled(self.event_time),
            event_name: name,
            region: object::filled(self.aws_region),
        }))
    }
}

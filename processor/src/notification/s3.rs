//! S3's own format: a list of events under `Records`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::error::NotificationError;
use super::json::Object;
use super::key;
use super::object::{self, NotifiedObject};
use super::skipped::Skipped;

const SOURCE: &str = "aws:s3";
const CREATED: &str = "ObjectCreated:";
/// A higher minor version only adds fields; a new major one may change the meaning of these.
const MAJOR_VERSION: &str = "2";

/// More than fit into the largest message (1 MiB) as S3 writes them, about 700 bytes each. Whoever
/// writes shorter ones could have ten thousand objects read for one message.
const MOST_OBJECTS: usize = 2_000;

/// The entries of a list, each reduced to what is needed as soon as it was read: a list of millions
/// of empty ones takes no more memory than its text.
#[derive(Default)]
pub(super) struct Entries {
    objects: Vec<NotifiedObject>,
    other_events: usize,
    /// What is wrong with the first bad one.
    wrong: Option<NotificationError>,
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

impl Entries {
    /// The created objects, and how many events were of other kinds.
    pub(super) fn objects(self) -> Result<(Vec<NotifiedObject>, Skipped), NotificationError> {
        let Self { objects, other_events, wrong } = self;
        wrong.map_or(Ok((objects, Skipped { other_events, ..Skipped::default() })), Err)
    }

    fn take(&mut self, index: usize, event: Event) {
        match event.into_object() {
            Ok(Some(_)) if self.objects.len() == MOST_OBJECTS => {
                self.wrong = Some(NotificationError::too_many(MOST_OBJECTS));
            }
            Ok(Some(object)) => self.objects.push(object),
            Ok(None) => self.other_events += 1,
            Err(error) => self.wrong = Some(error.at(format_args!("Records[{index}]"))),
        }
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Entries::default();
                let mut index = 0;
                while entries.wrong.is_none()
                    && let Some(Object(event)) = list.next_element()?
                {
                    entries.take(index, event);
                    index += 1;
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(entries)
            }
        }

        deserializer.deserialize_seq(EntriesVisitor)
    }
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
            object::bucket(bucket.and_then(|Object(bucket)| bucket.name), "s3.bucket.name")?;
        let Object(details) = details.ok_or_else(|| missing("s3.object"))?;
        let encoded = object::filled(details.key).ok_or_else(|| missing("s3.object.key"))?;
        Ok(Some(NotifiedObject {
            bucket,
            key: object::key(key::decode(&encoded)?)?,
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

//! S3's own format: a list of events under `Records`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::error::NotificationError;
use super::json::{Any, Object};
use super::key;
use super::object::{self, Found, Hints, MOST_OBJECTS, NotifiedObject};

const SOURCE: &str = "aws:s3";
const CREATED: &str = "ObjectCreated:";
/// A higher minor version only adds fields; a new major one may change the meaning of these.
const MAJOR_VERSION: &str = "2";

/// The beginnings of the names of other events (*Event notification types and destinations* in the
/// Amazon S3 User Guide).
const OTHERS: [&str; 9] = [
    "ObjectRemoved:",
    "ObjectRestore:",
    "Replication:",
    "LifecycleExpiration:",
    "LifecycleTransition",
    "ObjectTagging:",
    "ObjectAcl:",
    "IntelligentTiering",
    "ReducedRedundancyLostObject",
];

/// The entries of a list, each reduced to what is needed as soon as it was read: a list of millions
/// of empty ones takes no more memory than its text.
#[derive(Default)]
pub(super) struct Entries {
    found: Found,
    /// Which sources other than S3 announced objects, a name each, and the first place of each.
    sources: BTreeMap<String, usize>,
    /// What is wrong with the first bad one.
    wrong: Option<NotificationError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_version: Option<Any>,
    event_source: Option<Any>,
    event_name: Option<Any>,
    event_time: Option<Any>,
    aws_region: Option<Any>,
    s3: Option<Any<Entity>>,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Option<Any<Bucket>>,
    object: Option<Any<Details>>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<Any>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    key: Option<Any>,
    size: Option<Any>,
    e_tag: Option<Any>,
    version_id: Option<Any>,
    sequencer: Option<Any>,
}

impl Entries {
    /// The created objects, and how many events were of other kinds; `knows` says which sources
    /// beside S3 are heard.
    pub(super) fn objects(self, knows: &dyn Fn(&str) -> bool) -> Result<Found, NotificationError> {
        let Self { found, sources, wrong } = self;
        let mut foreign = sources.into_iter().filter(|(source, _)| !knows(source));
        match (foreign.next(), wrong) {
            (Some((source, index)), _) => {
                let error = NotificationError::foreign("eventSource", &source, SOURCE);
                Err(error.at(format_args!("Records[{index}]")))
            }
            (None, Some(wrong)) => Err(wrong),
            (None, None) => Ok(found),
        }
    }

    fn take(&mut self, index: usize, event: Event) {
        let taken = event.into_object(|source| {
            if source != SOURCE {
                self.sources.entry(source).or_insert(index);
            }
        });
        match taken {
            Ok(found) if self.found.objects.len() + found.objects.len() > MOST_OBJECTS => {
                self.wrong = Some(NotificationError::too_many(MOST_OBJECTS));
            }
            Ok(found) => self.found.add(found),
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
    fn into_object(self, from: impl FnOnce(String)) -> Result<Found, NotificationError> {
        let missing = NotificationError::missing;
        let source = self.event_source.and_then(Any::text);
        from(source.ok_or_else(|| missing("eventSource"))?);
        let version = self.event_version.and_then(Any::text);
        let version = version.ok_or_else(|| missing("eventVersion"))?;
        if version.split('.').next() != Some(MAJOR_VERSION) {
            return Err(NotificationError::version("eventVersion", &version, "2.x"));
        }
        let name = object::filled(self.event_name.and_then(Any::text));
        let name = name.ok_or_else(|| missing("eventName"))?;
        // The notification configuration writes names with this prefix, messages without it.
        let bare = name.strip_prefix("s3:").unwrap_or(&name);
        if OTHERS.iter().any(|other| bare.starts_with(other)) {
            return Ok(Found::other());
        }
        if !bare.starts_with(CREATED) {
            return Err(NotificationError::unknown_event("eventName", &name));
        }
        let (bucket, details) = match self.s3.and_then(Any::object) {
            Some(entity) => (entity.bucket, entity.object),
            None => (None, None),
        };
        let bucket = bucket.and_then(Any::object).and_then(|bucket| bucket.name);
        let bucket = object::bucket(bucket.and_then(Any::text), "s3.bucket.name")?;
        let details = details.and_then(Any::object).ok_or_else(|| missing("s3.object"))?;
        let encoded = object::filled(details.key.and_then(Any::text));
        let encoded = encoded.ok_or_else(|| missing("s3.object.key"))?;
        let key = object::key(key::decode(&encoded)?)?;
        let mut hints = Hints::default();
        let object = NotifiedObject {
            version_id: object::version_id(hints.text(details.version_id)),
            etag: object::etag(hints.text(details.e_tag)),
            size: hints.number(details.size),
            sequencer: hints.text(details.sequencer),
            event_time: hints.text(self.event_time),
            region: hints.text(self.aws_region),
            ..NotifiedObject::new(bucket, key, &name)
        };
        Ok(Found::one(object, hints))
    }
}

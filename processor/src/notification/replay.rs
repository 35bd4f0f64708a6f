//! A message of this library's own: it asks for some records of an object once more, those that
//! were put aside. `{"s3-sqs-replay": {"version": 1, "bucket": "..", "key": "..", ..}}`

use super::error::NotificationError;
use super::object::{self, Found, NotifiedObject};
use super::selection::Selection;
use crate::record::ObjectRef;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A message names at most so many records: as many as are put aside of one object.
pub(crate) const MOST_RECORDS: usize = 100;
const VERSION: u32 = 1;

/// What such a message says. One that says more, or something else, is not understood.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ReplayMessage {
    version: u32,
    bucket: String,
    key: String,
    version_id: Option<String>,
    etag: String,
    /// In bytes, as routes may ask for it.
    size: u64,
    decoder: String,
    processor: String,
    indices: Vec<u64>,
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "s3-sqs-replay")]
    replay: ReplayMessage,
}

impl ReplayMessage {
    /// Asks for these records of an object, for one processor.
    pub(crate) fn new(
        object: &ObjectRef,
        decoder: &str,
        processor: &str,
        indices: Vec<u64>,
    ) -> Self {
        Self {
            version: VERSION,
            bucket: object.bucket().to_owned(),
            key: object.key().to_owned(),
            version_id: object.version_id().map(str::to_owned),
            etag: object.etag().to_owned(),
            size: object.size(),
            decoder: decoder.to_owned(),
            processor: processor.to_owned(),
            indices,
        }
    }

    /// The body of the message.
    pub(crate) fn into_body(self) -> String {
        serde_json::to_string(&Body { replay: self }).expect("names and numbers")
    }

    pub(super) fn object(self) -> Result<Found, NotificationError> {
        let Self { version, bucket, key, version_id, etag, size, .. } = self;
        let Self { decoder, processor, mut indices, .. } = self;
        if version != VERSION {
            let known = VERSION.to_string();
            return Err(NotificationError::version("version", &version.to_string(), &known));
        }
        indices.sort_unstable();
        indices.dedup();
        if !(1..=MOST_RECORDS).contains(&indices.len()) {
            return Err(NotificationError::missing("1 to 100 indices of records"));
        }
        let etag = object::etag(Some(etag)).ok_or_else(|| NotificationError::missing("etag"))?;
        let key = object::filled(Some(key)).ok_or_else(|| NotificationError::missing("key"))?;
        let bucket = object::bucket(Some(bucket), "bucket")?;
        let object = NotifiedObject {
            version_id: object::version_id(version_id),
            etag: Some(etag),
            size: Some(size),
            replay: Some(Arc::new(Selection { decoder, processor, indices })),
            ..NotifiedObject::new(bucket, object::key(key)?, "Replay")
        };
        Ok(Found { objects: vec![object], ..Found::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    fn replay(indices: Vec<u64>) -> ReplayMessage {
        let object = ObjectRef::new("orders", "a b/ü+1", Some("v1"), "e", 9, None, None);
        ReplayMessage::new(&object, "json", "p", indices)
    }

    fn read(body: &str) -> Result<Vec<NotifiedObject>, NotificationError> {
        Reader::default().read(body).map(|notification| notification.objects)
    }

    #[test]
    fn what_is_written_is_read() {
        let objects = read(&replay(vec![7, 3, 4, 3]).into_body()).expect("understood");
        let [object] = &objects[..] else { panic!("{objects:?}") };
        assert_eq!((&*object.bucket, &*object.key), ("orders", "a b/ü+1"));
        assert_eq!(object.version_id.as_deref().zip(object.etag.as_deref()), Some(("v1", "e")));
        let replay = object.replay.as_ref().expect("a replay");
        assert_eq!((&*replay.decoder, &*replay.processor, replay.len()), ("json", "p", 3));
        assert_eq!(replay.within(&(0..4)), vec![3..4]);
        assert_eq!(replay.within(&(4..100)), [4..5, 7..8]);
        assert_eq!(replay.within(&(0..100)), [3..5, 7..8]);
        assert_eq!(replay.within(&(8..100)), []);
    }

    #[test]
    fn what_is_not_quite_one_is_kept() {
        let good = replay(vec![1]).into_body();
        assert!(read(&good).is_ok());
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("[1]", "[]"),
            ("[1]", "[-1]"),
            ("\"etag\":\"e\"", "\"etag\":\"\""),
            ("\"key\":\"a b/ü+1\"", "\"key\":\"\""),
            ("\"bucket\":\"orders\"", "\"bucket\":\"arn:aws:s3:::orders\""),
            ("\"processor\":\"p\"", "\"processors\":\"p\""),
            ("\"processor\":\"p\"", "\"processor\":\"p\",\"more\":1"),
            ("{\"s3-sqs-replay\":", "{\"Records\":[],\"s3-sqs-replay\":"),
        ] {
            assert_ne!(good, good.replacen(from, to, 1), "{from}");
            assert!(read(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
        assert!(read(&replay((0..101).collect()).into_body()).is_err());
        assert!(read("{\"s3-sqs-replay\":[1]}").is_err());
    }
}

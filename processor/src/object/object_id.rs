use crate::notification::NotifiedObject;
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Same object: same bucket, key, version and ETag. Without an ETag nothing is the same.
#[derive(Debug, Clone)]
pub(super) enum ObjectId {
    Object(Arc<NotifiedObject>),
    /// Of an object that is like no other, and of one that waits for its like.
    Unique(u64),
}

impl ObjectId {
    /// `None` where nothing says that two are the same.
    pub(super) fn of(notified: &Arc<NotifiedObject>) -> Option<Self> {
        let etag = notified.etag.as_deref().filter(|etag| !etag.is_empty());
        etag.map(|_| Self::Object(Arc::clone(notified)))
    }

    fn parts(&self) -> impl Eq + Hash + '_ {
        match self {
            Self::Object(notified) => {
                let NotifiedObject { bucket, key, version_id, etag, .. } = &**notified;
                (Some((bucket, key, version_id, etag)), 0)
            }
            Self::Unique(number) => (None, *number),
        }
    }
}

impl PartialEq for ObjectId {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for ObjectId {}

impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn trap_07_an_object_is_the_same_by_bucket_key_version_and_etag_alone() {
        let notified = NotifiedObject {
            bucket: "b".into(),
            key: "k".into(),
            version_id: None,
            etag: Some("e".into()),
            size: Some(1),
            sequencer: Some("01".into()),
            event_time: Some("1970-01-01T00:00:00.000Z".into()),
            event_name: "ObjectCreated:Put".into(),
            region: None,
            replay: None,
        };
        let again = NotifiedObject {
            size: Some(2),
            sequencer: Some("02".into()),
            event_time: None,
            event_name: "ObjectCreated:Copy".into(),
            region: Some("eu-west-1".into()),
            ..notified.clone()
        };
        let others = [
            NotifiedObject { bucket: "c".into(), ..notified.clone() },
            NotifiedObject { key: "l".into(), ..notified.clone() },
            NotifiedObject { version_id: Some("v".into()), ..notified.clone() },
            NotifiedObject { etag: Some("f".into()), ..notified.clone() },
            NotifiedObject { etag: None, ..notified.clone() },
        ];
        let id = |notified: &NotifiedObject| ObjectId::of(&Arc::new(notified.clone()));
        let hash = RandomState::new();
        assert!(
            id(&notified) == id(&again)
                && hash.hash_one(id(&notified)) == hash.hash_one(id(&again))
        );
        for other in &others {
            assert!(id(&notified) != id(other), "{other:?}");
        }
        assert!(id(&others[4]).is_none(), "without an ETag nothing is the same");
    }
}

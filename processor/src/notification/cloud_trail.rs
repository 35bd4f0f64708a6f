//! CloudTrail's own message, which it publishes to the SNS topic of a trail for each log file:
//! `{"s3Bucket": "..", "s3ObjectKey": ["..", ".."]}` (*Configuring Amazon SNS notifications for
//! CloudTrail* in the AWS CloudTrail User Guide).

use serde::Deserialize;

use super::error::NotificationError;
use super::object::{self, Found, MOST_OBJECTS, NotifiedObject};

/// The keys: a list, or one.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Keys {
    Many(Vec<String>),
    One(String),
    Other(serde::de::IgnoredAny),
}

pub(super) fn objects(bucket: Option<String>, keys: Keys) -> Result<Found, NotificationError> {
    let bucket = object::bucket(bucket, "s3Bucket")?;
    let keys = match keys {
        Keys::Many(keys) => keys,
        Keys::One(key) => vec![key],
        Keys::Other(_) => return Err(NotificationError::missing("s3ObjectKey that is a list")),
    };
    if keys.len() > MOST_OBJECTS {
        return Err(NotificationError::too_many(MOST_OBJECTS));
    }
    let object = |key: String| {
        let key = object::filled(Some(key)).ok_or_else(|| NotificationError::missing("key"))?;
        Ok(NotifiedObject::new(bucket.clone(), object::key(key)?, "CloudTrail"))
    };
    let objects = keys.into_iter().map(object).collect::<Result<_, _>>()?;
    Ok(Found { objects, ..Found::default() })
}

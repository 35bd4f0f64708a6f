use super::error::NotificationError;
use super::object::{self, Found, MOST_OBJECTS, NotifiedObject};
use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Reads notifications in a format of your own: those of a producer that is not S3.
///
/// It sees each message body first, as it was received (an SNS envelope included), on the thread
/// that keeps leases: it must be quick and must not wait. What it announces obeys
/// [`allowed_buckets`](crate::Builder::allowed_buckets) like everything else.
///
/// ```
/// use s3_sqs_processor::{AnnouncedObject, NotificationParser, Pipeline};
/// use std::error::Error;
///
/// /// `{"bucket": "b", "files": [{"path": "a/1.gz", "size": 12}]}`
/// struct Feed;
///
/// impl NotificationParser for Feed {
///     fn parse(
///         &self,
///         body: &str,
///     ) -> Result<Option<Vec<AnnouncedObject>>, Box<dyn Error + Send + Sync>> {
///         let body: serde_json::Value = serde_json::from_str(body)?;
///         let (Some(bucket), Some(files)) = (body["bucket"].as_str(), body["files"].as_array())
///         else {
///             return Ok(None); // Not such a message.
///         };
///         let object = |file: &serde_json::Value| {
///             let path = file["path"].as_str().ok_or("a file without a path")?;
///             let object = AnnouncedObject::new(bucket, path);
///             Ok(match file["size"].as_u64() {
///                 Some(size) => object.size(size),
///                 None => object,
///             })
///         };
///         files.iter().map(object).collect::<Result<_, _>>().map(Some)
///     }
/// }
///
/// let builder = Pipeline::builder().notification_parser(Feed);
/// ```
pub trait NotificationParser: Send + Sync + 'static {
    /// The objects that a message announces, at most 2,000.
    ///
    /// An empty list means that there is nothing to do, and the message is deleted. `None` means
    /// that it is not in this format: it is then read as a notification of S3.
    ///
    /// # Errors
    /// The message is in this format and not understood. It is kept, and left to the redrive policy
    /// of its queue; the error's text is logged. A panic counts as such an error.
    fn parse(
        &self,
        body: &str,
    ) -> Result<Option<Vec<AnnouncedObject>>, Box<dyn Error + Send + Sync>>;
}

/// An object to fetch, as a [`NotificationParser`] announces it.
#[derive(Debug, Clone)]
pub struct AnnouncedObject(NotifiedObject);

impl AnnouncedObject {
    /// An object by its bucket's name and its key, as S3 knows it: decoded, up to 1,024 bytes.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self(NotifiedObject::new(bucket.into(), key.into(), "NotificationParser"))
    }

    /// The version to read. Default: the newest.
    pub fn version_id(mut self, version_id: impl Into<String>) -> Self {
        self.0.version_id = object::version_id(Some(version_id.into()));
        self
    }

    /// The ETag it had when it was announced, with or without quotes.
    pub fn etag(mut self, etag: impl Into<String>) -> Self {
        self.0.etag = object::etag(Some(etag.into()));
        self
    }

    /// Its size in bytes when it was announced.
    pub fn size(mut self, size: u64) -> Self {
        self.0.size = Some(size);
        self
    }

    /// The region of its bucket. Default: what S3 says, or the pipeline's.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.0.region = object::filled(Some(region.into()));
        self
    }
}

/// What the parser finds; `None`: it is not in its format.
pub(super) fn found(
    parser: &dyn NotificationParser,
    body: &str,
) -> Result<Option<Found>, NotificationError> {
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(body)))
        .unwrap_or_else(|_| Err("it panicked".into()))
        .map_err(|error| NotificationError::own_format(&error.to_string()))?;
    let Some(announced) = parsed else { return Ok(None) };
    if announced.len() > MOST_OBJECTS {
        return Err(NotificationError::too_many(MOST_OBJECTS));
    }
    let checked = |AnnouncedObject(object): AnnouncedObject| {
        let bucket = object::bucket(Some(object.bucket), "bucket")?;
        let key = object::filled(Some(object.key));
        let key = object::key(key.ok_or_else(|| NotificationError::missing("key"))?)?;
        Ok(NotifiedObject { bucket, key, ..object })
    };
    let objects = announced.into_iter().map(checked).collect::<Result<_, _>>()?;
    Ok(Some(Found { objects, ..Found::default() }))
}

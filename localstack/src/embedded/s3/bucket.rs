//! Buckets, objects and their versions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use s3s::dto::{Checksum, ETag, ETagCondition, Metadata, NotificationConfiguration, Timestamp};
use s3s::{S3Error, S3Result, s3_error};

/// The version id of what was stored while versioning was off or suspended.
pub(super) const NULL: &str = "null";

/// Characters of every other version id.
const VERSION_LENGTH: usize = 32;
/// Names and values of an object's user-defined metadata together, in bytes.
const METADATA_LIMIT: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) created: SystemTime,
    pub(super) versioning: Versioning,
    pub(super) notifications: NotificationConfiguration,
    /// Of each key its versions, newest last; never empty.
    pub(super) keys: BTreeMap<String, Vec<Version>>,
}

/// One version of a key.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: SystemTime,
    /// `None` for a delete marker.
    pub(super) object: Option<Arc<Object>>,
}

/// What a version holds.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) body: Bytes,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) checksum: Checksum,
    pub(super) headers: Headers,
}

/// What the client says about an object and gets back with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: Option<Metadata>,
}

/// Copies the fields that describe an object from an input of `s3s`.
macro_rules! headers_of {
    ($input:expr) => {
        $crate::embedded::s3::bucket::Headers {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $crate::embedded::s3::bucket::stored_encoding(
                $input.content_encoding.take(),
            ),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input.expires.take(),
            metadata: $input.metadata.take(),
        }
    };
}
pub(super) use headers_of;

/// `aws-chunked` describes the upload, not the object.
pub(super) fn stored_encoding(encoding: Option<String>) -> Option<String> {
    let kept: Vec<_> = encoding
        .as_deref()?
        .split(',')
        .map(str::trim)
        .filter(|one| *one != "aws-chunked")
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

impl Headers {
    /// Refuses more metadata than S3 keeps.
    pub(super) fn check(&self) -> S3Result<()> {
        let size = self
            .metadata
            .iter()
            .flatten()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>();
        if size > METADATA_LIMIT {
            let message = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(s3_error!(MetadataTooLarge, "{message}"));
        }
        Ok(())
    }
}

impl Bucket {
    pub(super) fn new(created: SystemTime) -> Self {
        Self {
            created,
            versioning: Versioning::Never,
            notifications: NotificationConfiguration::default(),
            keys: BTreeMap::new(),
        }
    }

    /// The id that answers show: none where versioning was never on.
    pub(super) fn shown(&self, id: &str) -> Option<String> {
        (self.versioning != Versioning::Never).then(|| id.to_owned())
    }

    /// Adds a version as the bucket's versioning says; `fresh` is its id if it gets one of its own.
    pub(super) fn store(
        &mut self,
        key: &str,
        object: Option<Arc<Object>>,
        modified: SystemTime,
        fresh: String,
    ) -> String {
        let id = if self.versioning == Versioning::Enabled { fresh } else { NULL.to_owned() };
        let versions = self.keys.entry(key.to_owned()).or_default();
        versions.retain(|version| version.id != id);
        versions.push(Version { id: id.clone(), modified, object });
        id
    }

    /// Takes one version away for good.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let at = versions.iter().position(|version| version.id == id)?;
        let version = versions.remove(at);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(version)
    }

    pub(super) fn latest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.last()
    }

    pub(super) fn current(&self, key: &str) -> Option<&Arc<Object>> {
        self.latest(key)?.object.as_ref()
    }

    /// What a read of the key, or of one version of it, finds.
    pub(super) fn find(&self, key: &str, id: Option<&str>) -> S3Result<(&Version, &Arc<Object>)> {
        let Some(id) = id else {
            let version = self.latest(key).ok_or_else(|| no_key(None))?;
            let object = version.object.as_ref().ok_or_else(|| no_key(Some(&version.id)))?;
            return Ok((version, object));
        };
        check_version(id)?;
        let versions = self.keys.get(key).map(Vec::as_slice).unwrap_or_default();
        let version = versions.iter().find(|version| version.id == id);
        let version = version
            .ok_or_else(|| s3_error!(NoSuchVersion, "The specified version does not exist."))?;
        let Some(object) = &version.object else {
            let mut error = s3_error!(
                MethodNotAllowed,
                "The specified method is not allowed against this resource."
            );
            mark(&mut error, id);
            return Err(error);
        };
        Ok((version, object))
    }

    /// The preconditions of a write.
    pub(super) fn check_write(
        &self,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<()> {
        let current = self.current(key);
        if let Some(wanted) = if_match {
            let object = current.ok_or_else(|| no_key(None))?;
            object.check_match(wanted)?;
        }
        if if_none_match
            .is_some_and(|unwanted| current.is_some_and(|object| object.meets(unwanted)))
        {
            return Err(failed_precondition());
        }
        Ok(())
    }
}

impl Object {
    pub(super) fn len(&self) -> i64 {
        i64::try_from(self.body.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn quoted_etag(&self) -> Option<ETag> {
        Some(ETag::Strong(self.etag.clone()))
    }

    pub(super) fn meets(&self, condition: &ETagCondition) -> bool {
        match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == self.etag,
        }
    }

    pub(super) fn check_match(&self, wanted: &ETagCondition) -> S3Result<()> {
        if self.meets(wanted) { Ok(()) } else { Err(failed_precondition()) }
    }
}

pub(super) fn failed_precondition() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

fn no_key(marker: Option<&str>) -> S3Error {
    let mut error = s3_error!(NoSuchKey, "The specified key does not exist.");
    if let Some(id) = marker {
        mark(&mut error, id);
    }
    error
}

/// Refuses an id that no version could have.
pub(super) fn check_version(id: &str) -> S3Result<()> {
    let plausible = id == NULL
        || id.len() == VERSION_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plausible { Ok(()) } else { Err(s3_error!(InvalidArgument, "Invalid version id specified")) }
}

/// Tells that the version in question is a delete marker.
fn mark(error: &mut S3Error, id: &str) {
    let mut headers = hyper::HeaderMap::new();
    headers.insert("x-amz-delete-marker", hyper::header::HeaderValue::from_static("true"));
    if let Ok(id) = id.parse() {
        headers.insert("x-amz-version-id", id);
    }
    headers.insert(
        hyper::header::CONTENT_TYPE,
        hyper::header::HeaderValue::from_static("application/xml"),
    );
    error.set_headers(headers);
}

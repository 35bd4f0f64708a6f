/// What becomes of an object when everything in it was done and its message was deleted.
///
/// Only what was read is touched, and only then: an object that was overwritten meanwhile is kept.
/// So is one of which records are in [quarantine](crate::Builder::quarantine), and one for which
/// the request is refused: that is counted and logged, and costs no record. A crash in between
/// leaves an object.
///
/// To delete objects after some days, a lifecycle rule of the bucket is simpler and costs no
/// request.
///
/// ```
/// use s3_sqs_processor::{Finish, Missing, Pipeline};
///
/// let builder =
///     Pipeline::builder().finish(Finish::delete_as_sole_consumer()).missing(Missing::Done);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finish(pub(crate) FinishKind);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum FinishKind {
    #[default]
    Keep,
    Delete,
    Tag {
        key: String,
        value: String,
    },
}

/// What an object means that is not there when it is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// A failure: its message comes back, and ends in the dead-letter queue.
    #[default]
    Fail,
    /// That there is nothing left to do: it counts as done, and is counted as
    /// [`missing`](crate::ObjectStats::missing). Right where objects are deleted when they are
    /// done, and a second notification of one finds nothing. Whatever else deletes objects unread
    /// goes unnoticed then.
    Done,
}

impl Finish {
    /// It stays as it is: the default.
    pub fn keep() -> Self {
        Self(FinishKind::Keep)
    }

    /// It is deleted: its version where the bucket has versions, else the object if its ETag is
    /// still the one that was read.
    ///
    /// For the sole consumer of a bucket: what another service has not read yet is lost to it.
    /// [`Missing`] has to be set as well, because a second notification of the object finds
    /// nothing. It needs `s3:DeleteObject`, where the bucket has versions `s3:DeleteObjectVersion`.
    pub fn delete_as_sole_consumer() -> Self {
        Self(FinishKind::Delete)
    }

    /// It gets this tag, beside those it has. A lifecycle rule may ask for it.
    ///
    /// Only in buckets with versions: S3 cannot tag an object on the condition that it is still the
    /// same. Key and value are 1 to 128 and up to 256 characters (Amazon S3 User Guide,
    /// "Categorizing your objects using tags"). It needs `s3:GetObjectVersionTagging` and
    /// `s3:PutObjectVersionTagging`.
    pub fn tag(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(FinishKind::Tag { key: key.into(), value: value.into() })
    }

    /// Whether objects are gone afterwards.
    pub(crate) fn deletes(&self) -> bool {
        self.0 == FinishKind::Delete
    }

    /// # Errors
    /// What cannot work.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.0 {
            FinishKind::Tag { key, value }
                if !(1..=128).contains(&key.chars().count())
                    || value.chars().count() > 256
                    || key.starts_with("aws:") =>
            {
                Err(format!(
                    "the tag `{key}` cannot be set: a key has 1 to 128 characters and does not \
                     begin with `aws:`, a value has up to 256"
                ))
            }
            _ => Ok(()),
        }
    }
}

//! Records, and the objects they come from.

mod details;
mod id;
mod json;
mod message;
mod object;
mod shown;

pub(crate) use details::{Description, Details};
pub use id::{ParseRecordIdError, RecordId};
pub use json::JsonError;
pub use message::Message;
pub(crate) use message::Told;
pub use object::ObjectRef;
pub(crate) use shown::Shown;

use bytes::Bytes;
use serde::de::Deserialize;
use std::fmt;

/// One datum of an object: what a producer put into Firehose.
///
/// A `Record` is a `Copy` view into the batch it was decoded into, so handing it to a processor
/// costs nothing. To keep it beyond the call, or to send it elsewhere, make an [`OwnedRecord`] of
/// it with [`to_owned`](Record::to_owned).
///
/// ```
/// # use s3_sqs_processor::Record;
/// fn summary(record: Record<'_>) -> String {
///     format!("{} of {}: {} bytes", record.index(), record.object().key(), record.payload().len())
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Record<'a> {
    payload: &'a [u8],
    object: &'a ObjectRef,
    index: u64,
    offset: u64,
}

impl<'a> Record<'a> {
    pub(crate) fn new(payload: &'a [u8], object: &'a ObjectRef, index: u64, offset: u64) -> Self {
        Self { payload, object, index, offset }
    }

    /// The record's bytes, as they stand in the decompressed object, without the delimiter around
    /// them.
    ///
    /// They are not validated beyond what was needed to find where the record ends: a JSON record
    /// has balanced brackets and closed strings, but what is inside is checked by whoever parses
    /// it.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The object this record was read from.
    pub fn object(&self) -> &'a ObjectRef {
        self.object
    }

    /// The record's position among the records of its object, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The offset in bytes of the record's first byte in the decompressed object, from 0.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The id to be idempotent by: the same for every delivery of the same bytes. See [`RecordId`].
    ///
    /// It is computed when asked for (a few hundred nanoseconds).
    pub fn id(&self) -> RecordId {
        self.object.record_id(self.offset)
    }

    /// The record's JSON as a value of this type, which may borrow from the record.
    ///
    /// # Errors
    ///
    /// If it is not such a value. The error says where, and shows nothing of the record, unlike
    /// that of `serde_json`. Such a record seldom gets better: with
    /// [`or_reject`](crate::ResultExt::or_reject) it is not tried again in place.
    ///
    /// ```
    /// use s3_sqs_processor::{ProcessError, Record, ResultExt};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Order<'a> {
    ///     customer: &'a str,
    ///     total: u64,
    /// }
    ///
    /// fn total(record: Record<'_>) -> Result<u64, ProcessError> {
    ///     let order: Order<'_> = record.json().or_reject()?;
    ///     Ok(order.total)
    /// }
    /// ```
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, JsonError> {
        serde_json::from_slice(self.payload).map_err(|error| JsonError::of(&error))
    }

    /// Copies the record, so that it can outlive its batch.
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord {
            payload: Bytes::copy_from_slice(self.payload),
            object: self.object.clone(),
            index: self.index,
            offset: self.offset,
        }
    }
}

/// Shows where the record stands and how long it is, never what is in it.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("object", self.object)
            .field("index", &self.index)
            .field("offset", &self.offset)
            .field("bytes", &self.payload.len())
            .finish()
    }
}

/// A [`Record`] with its own copy of the bytes, to keep or to send elsewhere. Cloning shares the
/// bytes.
#[derive(Clone)]
pub struct OwnedRecord {
    payload: Bytes,
    object: ObjectRef,
    index: u64,
    offset: u64,
}

impl OwnedRecord {
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn new(payload: Bytes, object: ObjectRef, index: u64, offset: u64) -> Self {
        Self { payload, object, index, offset }
    }

    /// The record as a view, as processors get it.
    pub fn as_record(&self) -> Record<'_> {
        Record::new(&self.payload, &self.object, self.index, self.offset)
    }

    /// The record's bytes. See [`Record::payload`].
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The record's bytes, taken out without copying.
    pub fn into_payload(self) -> Bytes {
        self.payload
    }

    /// The record's JSON as a value of this type. See [`Record::json`].
    ///
    /// # Errors
    ///
    /// If it is not such a value.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, JsonError> {
        self.as_record().json()
    }

    /// The object this record was read from.
    pub fn object(&self) -> &ObjectRef {
        &self.object
    }

    /// The record's position among the records of its object, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The offset in bytes of the record's first byte in the decompressed object, from 0.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The id to be idempotent by. See [`Record::id`].
    pub fn id(&self) -> RecordId {
        self.object.record_id(self.offset)
    }
}

impl fmt::Debug for OwnedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_record().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owned_record_is_the_same_record() {
        let object = ObjectRef::new("b", "k", Some("v1"), "etag", 9, None, None);
        let record = Record::new(b"{}", &object, 3, 17);
        let owned = record.to_owned();
        assert_eq!(owned.id(), record.id());
        assert_eq!(owned.as_record().payload(), b"{}");
        assert_eq!((owned.index(), owned.offset()), (3, 17));
    }

    #[test]
    fn trap_55_debug_output_never_shows_the_payload() {
        let object = ObjectRef::new("b", "k", None, "etag", 9, None, None);
        let shown = format!("{:?}", Record::new(b"secret", &object, 0, 0));
        assert!(!shown.contains("secret") && shown.contains("bytes: 6"), "{shown}");
    }
}

use s3_sqs_processor::{OwnedRecord, RecordId};

/// What a sink stores of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) id: RecordId,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version_id: Option<&'a str>,
    pub(crate) index: u64,
    pub(crate) payload: &'a [u8],
}

impl<'a> From<&'a OwnedRecord> for Row<'a> {
    fn from(record: &'a OwnedRecord) -> Self {
        let object = record.object();
        Self {
            id: record.id(),
            bucket: object.bucket(),
            key: object.key(),
            version_id: object.version_id(),
            index: record.index(),
            payload: record.payload(),
        }
    }
}

#[cfg(test)]
impl<'a> Row<'a> {
    /// Record `index` of a file.
    pub(crate) fn example(index: u64, payload: &'a [u8]) -> Self {
        let (bucket, key) = ("bucket", "2026/11/20/12/orders 1");
        Self {
            id: RecordId::of(bucket, key, None, "etag", index),
            bucket,
            key,
            version_id: None,
            index,
            payload,
        }
    }
}

use crate::{
    process::Context,
    record::{ObjectRef, OwnedRecord},
};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

/// A record by itself, of an object `key` in the bucket `data`, for testing a processor without a
/// pipeline. Its offset is its index.
///
/// ```
/// use s3_sqs_processor::{ProcessError, Record, testing};
///
/// fn length(record: Record<'_>) -> Result<usize, ProcessError> {
///     Ok(std::str::from_utf8(record.payload())?.len())
/// }
///
/// assert_eq!(length(testing::record("orders", 0, "four").as_record()).unwrap(), 4);
/// assert!(length(testing::record("orders", 1, &b"\xff"[..]).as_record()).is_err());
/// ```
pub fn record(key: &str, index: u64, payload: impl Into<Bytes>) -> OwnedRecord {
    let payload = payload.into();
    let object = ObjectRef::new("data", key, None, "test", payload.len() as u64, None, None);
    OwnedRecord::new(payload, object, index, index)
}

/// A context by itself: of a first try, at this delivery (from 1), never cancelled.
///
/// ```
/// use s3_sqs_processor::testing;
///
/// let cx = testing::context(2);
/// assert_eq!((cx.attempt(), cx.receive_count(), cx.is_cancelled()), (1, 2, false));
/// ```
pub fn context(receive_count: u32) -> Context {
    Context::new(receive_count, CancellationToken::new())
}

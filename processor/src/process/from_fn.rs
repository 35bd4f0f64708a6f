use super::{BatchProcessor, Context, RecordProcessor};
use crate::{
    error::{BatchError, ProcessError},
    record::{OwnedRecord, Record},
};
use std::{fmt, future::Future};

/// Makes a [`RecordProcessor`] of a closure. The record is copied for it; implement the trait where
/// that matters.
///
/// ```
/// use s3_sqs_processor::{Context, OwnedRecord, Pipeline, from_fn};
///
/// let print = from_fn(|record: OwnedRecord, cx: Context| async move {
///     println!("{} (delivery {})", record.id(), cx.receive_count());
///     Ok(())
/// });
/// let builder = Pipeline::builder().processor("print", print);
/// ```
pub fn from_fn<F, Fut>(function: F) -> FromFn<F>
where
    F: Fn(OwnedRecord, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), ProcessError>> + Send,
{
    FromFn(function)
}

/// A closure as a processor. See [`from_fn`].
#[derive(Clone)]
pub struct FromFn<F>(F);

impl<F, Fut> RecordProcessor for FromFn<F>
where
    F: Fn(OwnedRecord, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), ProcessError>> + Send,
{
    fn process(
        &self,
        record: Record<'_>,
        cx: &Context,
    ) -> impl Future<Output = Result<(), ProcessError>> + Send {
        (self.0)(record.to_owned(), cx.clone())
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn")
    }
}

/// Makes a [`BatchProcessor`] of a closure. The records are copied for it; implement the trait
/// where that matters.
///
/// ```
/// use s3_sqs_processor::{BatchError, Context, OwnedRecord, Pipeline, ProcessError, from_batch_fn};
///
/// let index = from_batch_fn(|records: Vec<OwnedRecord>, _cx: Context| async move {
///     let empty = |(at, record): (usize, &OwnedRecord)| {
///         record.payload().is_empty().then(|| (at, ProcessError::reject("it is empty")))
///     };
///     BatchError::of(records.iter().enumerate().filter_map(empty))
/// });
/// let builder = Pipeline::builder().batch_processor("index", index);
/// ```
pub fn from_batch_fn<F, Fut>(function: F) -> FromBatchFn<F>
where
    F: Fn(Vec<OwnedRecord>, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), BatchError>> + Send,
{
    FromBatchFn(function)
}

/// A closure as a batch processor. See [`from_batch_fn`].
#[derive(Clone)]
pub struct FromBatchFn<F>(F);

impl<F, Fut> BatchProcessor for FromBatchFn<F>
where
    F: Fn(Vec<OwnedRecord>, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), BatchError>> + Send,
{
    fn process_batch(
        &self,
        records: &[Record<'_>],
        cx: &Context,
    ) -> impl Future<Output = Result<(), BatchError>> + Send {
        (self.0)(records.iter().map(Record::to_owned).collect(), cx.clone())
    }
}

impl<F> fmt::Debug for FromBatchFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromBatchFn")
    }
}

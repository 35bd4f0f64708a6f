use super::{Context, RecordProcessor};
use crate::{
    error::ProcessError,
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

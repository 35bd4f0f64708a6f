use super::{BatchProcessor, Context, RecordProcessor};
use crate::{
    error::{BatchError, ProcessError},
    record::Record,
};
use futures::future::BoxFuture;
use std::fmt;

/// A [`RecordProcessor`] of any type: for one that is chosen when the service runs. Each call
/// allocates its future.
///
/// ```
/// use s3_sqs_processor::{BoxedProcessor, Pipeline, from_fn};
///
/// let dry_run = std::env::var_os("DRY_RUN").is_some();
/// let processor = match dry_run {
///     true => BoxedProcessor::new(from_fn(|_record, _cx| async { Ok(()) })),
///     false => BoxedProcessor::new(from_fn(|record, _cx| async move { store(record).await })),
/// };
/// let builder = Pipeline::builder().processor("orders", processor);
/// # use s3_sqs_processor::{OwnedRecord, ProcessError};
/// # async fn store(_: OwnedRecord) -> Result<(), ProcessError> { Ok(()) }
/// ```
pub struct BoxedProcessor(Box<dyn AnyProcessor>);

trait AnyProcessor: Send + Sync {
    fn process<'a>(
        &'a self,
        record: Record<'a>,
        cx: &'a Context,
    ) -> BoxFuture<'a, Result<(), ProcessError>>;
}

impl<P: RecordProcessor> AnyProcessor for P {
    fn process<'a>(
        &'a self,
        record: Record<'a>,
        cx: &'a Context,
    ) -> BoxFuture<'a, Result<(), ProcessError>> {
        Box::pin(RecordProcessor::process(self, record, cx))
    }
}

impl BoxedProcessor {
    /// This one.
    pub fn new(processor: impl RecordProcessor) -> Self {
        Self(Box::new(processor))
    }
}

impl RecordProcessor for BoxedProcessor {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        self.0.process(record, cx).await
    }
}

impl fmt::Debug for BoxedProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxedProcessor")
    }
}

/// A [`BatchProcessor`] of any type: for one that is chosen when the service runs.
pub struct BoxedBatchProcessor(Box<dyn AnyBatchProcessor>);

trait AnyBatchProcessor: Send + Sync {
    fn process_batch<'a>(
        &'a self,
        records: &'a [Record<'a>],
        cx: &'a Context,
    ) -> BoxFuture<'a, Result<(), BatchError>>;
}

impl<P: BatchProcessor> AnyBatchProcessor for P {
    fn process_batch<'a>(
        &'a self,
        records: &'a [Record<'a>],
        cx: &'a Context,
    ) -> BoxFuture<'a, Result<(), BatchError>> {
        Box::pin(BatchProcessor::process_batch(self, records, cx))
    }
}

impl BoxedBatchProcessor {
    /// This one.
    pub fn new(processor: impl BatchProcessor) -> Self {
        Self(Box::new(processor))
    }
}

impl BatchProcessor for BoxedBatchProcessor {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        self.0.process_batch(records, cx).await
    }
}

impl fmt::Debug for BoxedBatchProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxedBatchProcessor")
    }
}

use super::Context;
use crate::{error::BatchError, record::Record};
use std::{future::Future, sync::Arc};

/// Processes records many at a time: for bulk writes.
///
/// Records are gathered over objects and messages, up to
/// [`max_records`](crate::BatchOptions::max_records) or
/// [`max_bytes`](crate::BatchOptions::max_bytes), for at most
/// [`max_wait`](crate::BatchOptions::max_wait), so that bulk writes are worth it with small files
/// too. Each record's verdict goes to its own object.
///
/// ```
/// use s3_sqs_processor::{BatchError, BatchProcessor, Context, ProcessError, Record};
///
/// struct Index;
///
/// impl BatchProcessor for Index {
///     async fn process_batch(
///         &self,
///         records: &[Record<'_>],
///         _cx: &Context,
///     ) -> Result<(), BatchError> {
///         let answers = bulk_write(records).await?; // an error here fails the whole batch
///         let failed = |(index, answer): (_, Result<(), _>)| Some((index, answer.err()?));
///         BatchError::of(answers.into_iter().enumerate().filter_map(failed))
///     }
/// }
/// # type Answers = Vec<Result<(), ProcessError>>;
/// # async fn bulk_write(records: &[Record<'_>]) -> Result<Answers, std::io::Error> {
/// #     let answer = |record: &Record<'_>| match record.index() {
/// #         1 => Err(ProcessError::retry("busy")),
/// #         _ => Ok(()),
/// #     };
/// #     Ok(records.iter().map(answer).collect())
/// # }
/// # #[cfg(feature = "test-util")]
/// # {
/// # use s3_sqs_processor::testing::Harness;
/// # let harness = Harness::new().max_receives(1).records("orders", ["{}", "{}", "{}"]);
/// # let report = harness.run(|pipeline| pipeline.batch_processor("index", Index));
/// # let index = &report.stats.processors["index"];
/// # assert_eq!((index.done, index.failed), (2, 1));
/// # }
/// ```
///
/// What the future may and may not do is as with [`RecordProcessor`](crate::RecordProcessor). A
/// batch fails as a whole by a panic, a time-out, or an error that names no records. If that was a
/// panic or a rejection, or its retries are used, both halves of the batch are tried by themselves,
/// in the same delivery, until the records that fail stand alone: they cost the others no receive.
/// Records are handed over again for that, even those that a failed batch had written; naming the
/// records that failed saves those calls.
pub trait BatchProcessor: Send + Sync + 'static {
    /// Processes at least one record, and at most as many as configured.
    ///
    /// The context's receive count is the highest of the records', and a half of a batch is one
    /// more attempt. It is cancelled when the pipeline gives up what runs.
    ///
    /// # Errors
    ///
    /// A [`BatchError`] for the records that failed. Those it does not name are done.
    fn process_batch(
        &self,
        records: &[Record<'_>],
        cx: &Context,
    ) -> impl Future<Output = Result<(), BatchError>> + Send;
}

impl<P: BatchProcessor> BatchProcessor for Arc<P> {
    fn process_batch(
        &self,
        records: &[Record<'_>],
        cx: &Context,
    ) -> impl Future<Output = Result<(), BatchError>> + Send {
        P::process_batch(self, records, cx)
    }
}

use super::Context;
use crate::{error::ProcessError, record::Record};
use std::{future::Future, sync::Arc};

/// Processes records, one at a time, many at once. This is the trait to implement.
///
/// `Ok(())` settles the record: as far as this processor is concerned it is done, and may never be
/// seen again. An error settles it as failed: its message is not deleted and comes back. So return
/// `Ok` only when the work is done for good (stored, sent and confirmed), and be idempotent by
/// [`Record::id`]: a record may be delivered more than once.
///
/// Implement it with an `async fn`:
///
/// ```
/// use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
///
/// struct Audit;
///
/// impl RecordProcessor for Audit {
///     async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
///         let event: serde_json::Value = serde_json::from_slice(record.payload())?;
///         store(record.id().to_string(), event).await?;
///         Ok(())
///     }
/// }
/// # async fn store(_: String, _: serde_json::Value) -> Result<(), std::io::Error> { Ok(()) }
/// ```
///
/// Closures work too, where the future does not borrow from the record:
///
/// ```
/// # use s3_sqs_processor::{ProcessError, OwnedRecord, from_fn};
/// let processor = from_fn(|record: OwnedRecord, _cx| async move {
///     println!("{}", record.id());
///     Ok::<(), ProcessError>(())
/// });
/// ```
///
/// # What the future may and may not do
///
/// - It runs on the Tokio runtime that runs the pipeline, side by side with others: it must not
///   block a thread for long (put such work on `tokio::task::spawn_blocking`). If it does, nothing
///   is lost: leases are kept by a thread of their own.
/// - It is dropped where it stands when it exceeds the processor's time-out (the record then counts
///   as failed) or the pipeline is aborted (then as given up). Either way its message is not
///   deleted.
/// - When the work has become pointless (its message's lease is lost, say) it is told by
///   [`Context::is_cancelled`], and has 30 s to end by itself. Then it is dropped, given up.
/// - A panic is caught and is a failure of that record alone (with `panic = "abort"` the process
///   ends).
///
/// # Processors that panic on many records
///
/// The library logs and counts a caught panic like any other failure, and limits such lines. The
/// process's *panic hook*, which runs before, belongs to the application and is left alone: the
/// standard one writes every panic to stderr, and with `RUST_BACKTRACE` set a backtrace, which
/// takes longer than the panic itself. Where that is too much, set another:
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static PANICS: AtomicU32 = AtomicU32::new(0);
///
/// let write = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |panic| {
///     // The first hundred; a counter, `s3_sqs_processor_records_panicked_total`, tells of others.
///     if PANICS.fetch_add(1, Ordering::Relaxed) < 100 {
///         write(panic);
///     }
/// }));
/// ```
pub trait RecordProcessor: Send + Sync + 'static {
    /// Processes one record.
    ///
    /// # Errors
    ///
    /// Whatever kept the record from being processed. See [`ProcessError`] for what each kind
    /// brings about.
    fn process(
        &self,
        record: Record<'_>,
        cx: &Context,
    ) -> impl Future<Output = Result<(), ProcessError>> + Send;
}

impl<P: RecordProcessor> RecordProcessor for Arc<P> {
    fn process(
        &self,
        record: Record<'_>,
        cx: &Context,
    ) -> impl Future<Output = Result<(), ProcessError>> + Send {
        P::process(self, record, cx)
    }
}

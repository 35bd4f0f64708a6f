use super::{Ack, Context};
use crate::record::Record;
use std::{future::Future, sync::Arc};

/// Takes records over and gives their verdicts later, from anywhere: for work that another system
/// finishes.
///
/// ```
/// use s3_sqs_processor::{Ack, Context, DeferredProcessor, OwnedRecord, Record};
/// use tokio::sync::mpsc::Sender;
///
/// struct HandOver(Sender<(OwnedRecord, Ack)>);
///
/// impl DeferredProcessor for HandOver {
///     async fn accept(&self, record: Record<'_>, _cx: &Context, ack: Ack) {
///         // If the channel is closed, the acknowledgement is dropped, which fails the record.
///         let _ = self.0.send((record.to_owned(), ack)).await;
///     }
/// }
/// # #[cfg(feature = "test-util")]
/// # {
/// use s3_sqs_processor::{ProcessError, testing::Harness};
///
/// let harness = Harness::new().records("orders", ["good", "bad", "good"]).max_receives(1);
/// let report = harness.run(|pipeline| {
///     let (sender, mut receiver) = tokio::sync::mpsc::channel::<(OwnedRecord, Ack)>(100);
///     // Elsewhere, a second or an hour later.
///     tokio::spawn(async move {
///         while let Some((record, ack)) = receiver.recv().await {
///             match &record.payload()[..] {
///                 b"good" => ack.done(),
///                 _ => ack.fail(ProcessError::reject("refused")),
///             }
///         }
///     });
///     let pipeline = pipeline.decoder(s3_sqs_processor::decode::lines());
///     pipeline.deferred_processor("orders", HandOver(sender))
/// });
/// assert_eq!(report.stats.processors["orders"].done, 2);
/// // One record failed, and one receive was all it had.
/// assert!(report.message("orders").dead_lettered);
/// # }
/// ```
///
/// The record is borrowed until `accept`'s future ends. Who keeps it copies it, with
/// [`to_owned`](crate::Record::to_owned); who makes something else of it (parses it, writes it into
/// a request) needs no copy. While one record's future is pending, the buffer that it lies in is
/// held, with all of its neighbours (up to 1 MiB, or one longer record); once each of them is taken
/// over, only what the processor keeps is held.
///
/// The message's lease is kept until every record has its verdict, up to the 12 hours SQS allows.
/// How many records may be without a verdict at once is the processor's
/// [`concurrency`](crate::DeferredOptions::concurrency).
pub trait DeferredProcessor: Send + Sync + 'static {
    /// Takes over one record. That the future ends says nothing about the record, only that it is
    /// not borrowed any more; its [`Ack`] gives the verdict.
    fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack)
    -> impl Future<Output = ()> + Send;
}

impl<P: DeferredProcessor> DeferredProcessor for Arc<P> {
    fn accept(
        &self,
        record: Record<'_>,
        cx: &Context,
        ack: Ack,
    ) -> impl Future<Output = ()> + Send {
        P::accept(self, record, cx, ack)
    }
}

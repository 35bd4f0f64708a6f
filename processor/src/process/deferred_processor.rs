use super::{Ack, Context};
use crate::record::OwnedRecord;
use std::{future::Future, sync::Arc};

/// Takes records over and gives their verdicts later, from anywhere: for work that another system finishes.
///
/// ```
/// use s3_sqs_processor::{Ack, Context, DeferredProcessor, OwnedRecord};
/// use tokio::sync::mpsc::Sender;
///
/// struct HandOver(Sender<(OwnedRecord, Ack)>);
///
/// impl DeferredProcessor for HandOver {
///     async fn accept(&self, record: OwnedRecord, _cx: Context, ack: Ack) {
///         // If the channel is closed, the acknowledgement is dropped, which fails the record.
///         let _ = self.0.send((record, ack)).await;
///     }
/// }
/// // Elsewhere, a second or an hour later: ack.done(), or ack.fail(ProcessError::retry("refused")).
/// ```
///
/// The message's lease is kept until every record has its verdict, up to the 12 hours SQS allows. How many records may be
/// without a verdict at once is the processor's [`concurrency`](crate::DeferredOptions::concurrency).
pub trait DeferredProcessor: Send + Sync + 'static {
    /// Takes over one record. That the future ends says nothing about the record; its [`Ack`] does.
    fn accept(&self, record: OwnedRecord, cx: Context, ack: Ack) -> impl Future<Output = ()> + Send;
}

impl<P: DeferredProcessor> DeferredProcessor for Arc<P> {
    fn accept(&self, record: OwnedRecord, cx: Context, ack: Ack) -> impl Future<Output = ()> + Send {
        P::accept(self, record, cx, ack)
    }
}

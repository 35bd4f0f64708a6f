//! Where work comes from.

mod sqs;

pub(crate) use sqs::{SqsSettings, SqsSource};

use crate::{error::RunError, job::Job, runtime::Shared};
use futures::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

/// What makes [`Job`]s, and learns by their tickets how each object ended.
///
/// It runs on the control thread, beside a runtime of its own, so that nothing the processors do
/// delays it. It knows nothing of how objects are read, and the reading knows nothing of it.
///
/// What it must keep:
///
/// - Each object of a job has a ticket of its own, and a ticket reports exactly once, whatever
///   happens. Only [`ObjectEnd::Done`](crate::tracking::ObjectEnd::Done) means that every record of
///   the object was done. On anything else the announcement of the object must stay or come again.
/// - It bounds how many objects it has handed out and not got back: that bounds the pipeline.
/// - It follows the [`Phase`](crate::runtime::Phase). Draining: no new jobs, and after its drain
///   timeout it advances to aborting. Aborting: whatever is held is given up; it ends at the latest
///   when it has waited long enough for work that blocks its thread.
/// - The jobs' channel closed means that nobody works any more: it aborts.
pub(crate) trait Source: Send {
    /// Hands out work until the pipeline stops, and ends when nothing is held any more.
    fn run(
        self: Box<Self>,
        jobs: UnboundedSender<Vec<Job>>,
        shared: Shared,
    ) -> BoxFuture<'static, Result<(), RunError>>;
}

/// Opens a source, on the runtime that will use it.
pub(crate) type OpenSource =
    Box<dyn FnOnce() -> BoxFuture<'static, Result<Box<dyn Source>, RunError>> + Send>;

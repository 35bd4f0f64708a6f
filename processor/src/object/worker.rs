use super::{engine::Engine, reader};
use crate::{job::Job, runtime::report};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::Instrument;

/// The user's side of the pipeline: takes jobs, reads their objects and has their records
/// processed.
pub(crate) struct Worker(Arc<Engine>);

impl Worker {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(Arc::new(engine))
    }

    /// Takes jobs until the source is done, or all is aborted. Each object is read by a task of its
    /// own.
    pub(crate) async fn run(self, mut jobs: UnboundedReceiver<Vec<Job>>) {
        self.0.processors.begin();
        let abort = &self.0.shared.signals.abort;
        while let Some(Some(jobs)) = abort.run_until_cancelled(jobs.recv()).await {
            jobs.into_iter().for_each(|job| self.begin(job));
        }
    }

    fn begin(&self, job: Job) {
        let Job { message, objects, cancel } = job;
        for (notified, ticket) in objects {
            let task = reader::Task {
                engine: Arc::clone(&self.0),
                message: Arc::clone(&message),
                // An object that fails too often stops by itself; the others of its message go on.
                stop: cancel.child_token(),
                notified: Arc::new(notified),
            };
            let abort = self.0.shared.signals.abort.clone();
            let span = report::object_span(&message.span, &task.notified);
            // Spawning moves a future some twenty times, and this one is large.
            let reading = Box::pin(task.run(ticket));
            let work = async move { abort.run_until_cancelled_owned(reading).await };
            tokio::spawn(work.instrument(span));
        }
    }
}

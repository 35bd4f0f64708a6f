use super::{
    batch::{Batch, Share},
    blocks::Pool,
    decoders::Decoders,
    job::Job,
    lane::{Lane, Shared},
    reader,
    registry::Registry,
    report,
};
use crate::{config::Limits, decode::Decoder, port::Store, process::Context};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc::UnboundedReceiver};
use tracing::Instrument;

/// The user's side of the pipeline: takes jobs, reads their objects and has their records
/// processed.
#[derive(Clone)]
pub(crate) struct Worker(Arc<WorkerSettings>);

/// What all readers of a pipeline share.
pub(crate) struct WorkerSettings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Vec<Arc<dyn Lane>>,
    pub(crate) decoder: Arc<dyn Decoder>,
    pub(crate) limits: Limits,
    pub(crate) decoders: Decoders,
    pub(crate) shared: Shared,
    pub(crate) registry: Arc<Registry>,
    /// What objects may hold together, in units of `reader::BUDGET_UNIT`.
    pub(crate) budget: Arc<Semaphore>,
    pub(crate) pool: Arc<Pool>,
}

impl WorkerSettings {
    /// Gives the records of a batch to every processor, each in a task of its own.
    pub(super) fn process(&self, batch: Arc<Batch>, cx: &Context) {
        for (place, lane) in self.lanes.iter().enumerate() {
            let share = Share::new(Arc::clone(&batch), place);
            let span = report::processing_span(lane.name(), share.len());
            let run = Arc::clone(lane).run(share, cx.clone(), self.shared.clone());
            let abort = self.shared.signals.abort.clone();
            let work = async move { abort.run_until_cancelled_owned(run).await };
            tokio::spawn(work.instrument(span));
        }
    }
}

impl Worker {
    pub(crate) fn new(settings: WorkerSettings) -> Self {
        Self(Arc::new(settings))
    }

    pub(crate) fn settings(&self) -> &WorkerSettings {
        &self.0
    }

    /// How many units of the budget so many bytes are.
    pub(crate) fn budget(bytes: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(reader::units(bytes)))
    }

    /// Takes jobs until the control thread is done, or all is aborted. Each object is read by a
    /// task of its own.
    pub(crate) async fn run(self, mut jobs: UnboundedReceiver<Vec<Job>>) {
        let shared = &self.0.shared;
        for lane in &self.0.lanes {
            if let Some(work) = Arc::clone(lane).background(shared.clone()) {
                let abort = shared.signals.abort.clone();
                tokio::spawn(async move { abort.run_until_cancelled_owned(work).await });
            }
        }
        while let Some(Some(jobs)) = shared.signals.abort.run_until_cancelled(jobs.recv()).await {
            jobs.into_iter().for_each(|job| self.begin(job));
        }
    }

    fn begin(&self, job: Job) {
        let Job { message, objects, cancel } = job;
        for (notified, ticket) in objects {
            let task = reader::Task {
                worker: self.clone(),
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

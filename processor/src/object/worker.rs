use super::{engine::Engine, siblings::Siblings, task::Task};
use crate::{
    job::{Job, JobObject},
    runtime::report,
};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};
use tracing::Instrument;

/// The user's side of the pipeline: takes jobs, reads their objects and has their records
/// processed.
pub(crate) struct Worker {
    engine: Arc<Engine>,
    more: UnboundedReceiver<BoxFuture<'static, ()>>,
}

impl Worker {
    /// `more`: what else is to be done, see [`Engine::more`].
    pub(crate) fn new(engine: Engine, more: UnboundedReceiver<BoxFuture<'static, ()>>) -> Self {
        Self { engine: Arc::new(engine), more }
    }

    /// Takes jobs until the source is done, or all is aborted. Each object is read by a task of its
    /// own.
    pub(crate) async fn run(mut self, mut jobs: UnboundedReceiver<Vec<Job>>) {
        self.engine.processors.begin();
        let mut saving = JoinSet::new();
        if let Some(saver) = &self.engine.saver {
            saving.spawn(Arc::clone(saver).run());
        }
        let abort = self.engine.shared.signals.abort.clone();
        let (mut beside, mut is_over) = (JoinSet::new(), false);
        loop {
            if is_over && beside.is_empty() {
                let Ok(work) = self.more.try_recv() else { return };
                beside.spawn(work);
            }
            tokio::select! {
                biased;
                () = abort.cancelled() => return,
                jobs = jobs.recv(), if !is_over => match jobs {
                    Some(jobs) => jobs.into_iter().for_each(|job| self.begin(job)),
                    None => is_over = true,
                },
                Some(work) = self.more.recv() => drop(beside.spawn(work)),
                // What is cleaned up once messages are deleted is worth a moment at the end.
                Some(_) = beside.join_next(), if !beside.is_empty() => {}
            }
        }
    }

    fn begin(&self, job: Job) {
        let Job { message, objects, cancel } = job;
        let counters = &self.engine.shared.counters;
        let new_span = || report::message_span(counters, &message.told, message.receive_count);
        let span = message.span.get_or_init(new_span);
        let siblings = Arc::new(Siblings::new(objects.len()));
        if let Some(lag) = message.lag() {
            counters.timing.lagged(lag);
        }
        for JobObject { notified, treatment, ticket, waiting } in objects {
            let span = report::object_span(span, &notified, treatment.route());
            let task = Task {
                engine: Arc::clone(&self.engine),
                message: Arc::clone(&message),
                notified: Arc::new(notified),
                treatment,
                stop: cancel.child(),
                cancel: cancel.clone(),
                held: 0,
                saving: None,
                siblings: Arc::clone(&siblings),
                collecting: None,
                span: span.clone(),
            };
            let abort = self.engine.shared.signals.abort.clone();
            // Spawning moves a future some twenty times, and this one is large.
            let reading = Box::pin(task.run(ticket, waiting));
            let work = async move { abort.run_until_cancelled_owned(reading).await };
            tokio::spawn(work.instrument(span));
        }
    }
}

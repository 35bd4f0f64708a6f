//! An SQS queue as the source of work: a message is received, its objects are a job, and what
//! became of them decides whether it is deleted or handed back.

mod caution;
mod control;
mod receiver;
mod requests;
mod settings;
mod startup;

pub(crate) use settings::SqsSettings;

use super::Source;
use crate::{error::RunError, job::Job, port::Queue, runtime::Shared};
use control::Control;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// A queue, or what behaves like one.
pub(crate) struct SqsSource {
    queue: Arc<dyn Queue>,
    settings: SqsSettings,
}

impl SqsSource {
    pub(crate) fn new(queue: Arc<dyn Queue>, settings: SqsSettings) -> Self {
        Self { queue, settings }
    }
}

impl Source for SqsSource {
    fn run(
        self: Box<Self>,
        jobs: UnboundedSender<Vec<Job>>,
        shared: Shared,
    ) -> BoxFuture<'static, Result<(), RunError>> {
        Box::pin(Control::run(self.queue, self.settings, jobs, shared))
    }
}

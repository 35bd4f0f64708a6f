use super::{
    tally::Tally,
    work::{Mishap, Work},
};
use crate::{aws, error::Error, queue::Queue};
use aws_config::SdkConfig;
use s3_sqs_processor::{
    Handle, Limits, Pipeline, RunError, S3Progress, Stats, provision::ProvisionedQueue,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// A receive of the demo waits no longer than this, so that the end does not take long.
const WAIT: Duration = Duration::from_secs(1);

/// So many messages a consumer holds at once. Killing it costs the work done on these; the default
/// is 100.
const HELD: usize = 20;

/// The bucket in which both remember what is settled.
pub(super) const STATE: &str = "orders-state";
/// Often, because files take no longer here.
const SAVED_EVERY: Duration = Duration::from_millis(100);

/// A service: its queue, its processors, and the consumers it had.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) queue: Queue,
    pub(super) dead_letters: Queue,
    pub(super) processors: Vec<Processor>,
    config: SdkConfig,
    queue_url: String,
    consumers: Vec<Consumer>,
}

pub(super) struct Processor {
    pub(super) name: &'static str,
    pub(super) tally: Arc<Tally>,
}

/// One instance of a service: a pipeline that runs.
struct Consumer {
    handle: Handle,
    task: Option<JoinHandle<Result<Stats, RunError>>>,
}

impl Service {
    pub(super) fn new(
        config: &SdkConfig,
        queue: &ProvisionedQueue,
        processors: &[&'static str],
        records: u64,
    ) -> Self {
        let processor = |&name| Processor { name, tally: Arc::new(Tally::new(records)) };
        Self {
            name: queue.name.clone(),
            queue: Queue::new(config, &queue.url),
            dead_letters: Queue::new(config, &queue.dead_letter_queue.url),
            processors: processors.iter().map(processor).collect(),
            config: config.clone(),
            queue_url: queue.url.clone(),
            consumers: Vec::new(),
        }
    }

    /// Starts a consumer, with a mishap for each processor.
    pub(super) fn start(&mut self, mishaps: &[Mishap]) -> Result<(), Error> {
        let limits = Limits::default().messages(HELD);
        let mut builder = Pipeline::builder()
            .queue_url(&self.queue_url)
            .aws_config(self.config.clone())
            .wait_time(WAIT)
            .limits(limits)
            .progress(S3Progress::new(aws::s3(&self.config), STATE, format!("{}/", self.name)))
            .progress_every(SAVED_EVERY);
        for (processor, mishap) in self.processors.iter().zip(mishaps) {
            let work = Work { tally: Arc::clone(&processor.tally), mishap: mishap.clone() };
            builder = builder.processor(processor.name, work);
        }
        let pipeline = builder.build()?;
        let handle = pipeline.handle();
        self.consumers.push(Consumer { handle, task: Some(tokio::spawn(pipeline.run())) });
        Ok(())
    }

    /// Drops the future of the newest consumer wherever it stands. Returns how many messages it
    /// held.
    pub(super) async fn kill(&mut self) -> u64 {
        let Some(consumer) = self.consumers.last_mut() else { return 0 };
        let held = consumer.handle.stats().held;
        if let Some(task) = consumer.task.take() {
            task.abort();
            task.await.ok();
        }
        held
    }

    /// Fails if a consumer ended by itself.
    pub(super) async fn still_running(&mut self) -> Result<(), Error> {
        for consumer in &mut self.consumers {
            if let Some(task) = consumer.task.take_if(|task| task.is_finished()) {
                task.await.map_err(|error| Error::new("a consumer panicked").because(error))??;
                return Err(Error::new(format!("a consumer of {} ended by itself", self.name)));
            }
        }
        Ok(())
    }

    /// Lets all consumers finish what they hold.
    pub(super) fn drain(&self) {
        for consumer in &self.consumers {
            consumer.handle.drain();
        }
    }

    /// Waits until all consumers have finished.
    pub(super) async fn stopped(&mut self) -> Result<(), Error> {
        for consumer in &mut self.consumers {
            if let Some(task) = consumer.task.take() {
                task.await.map_err(|error| Error::new("a consumer panicked").because(error))??;
            }
        }
        Ok(())
    }

    pub(super) fn deleted(&self) -> u64 {
        self.consumers.iter().map(|consumer| consumer.handle.stats().messages.deleted).sum()
    }

    /// Of the deleted messages, those that announced no object: S3 sends one to try the connection.
    pub(super) fn without_objects(&self) -> u64 {
        self.consumers.iter().map(|consumer| consumer.handle.stats().messages.without_objects).sum()
    }

    pub(super) fn released(&self) -> u64 {
        self.consumers.iter().map(|consumer| consumer.handle.stats().messages.released).sum()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.processors.iter().all(|processor| processor.tally.is_complete())
    }
}

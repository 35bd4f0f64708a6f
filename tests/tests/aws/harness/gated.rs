use super::{Seen, Sink};
use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A processor that works on a record for as long as its gate is shut, which it is at first. Clones
/// share everything.
#[derive(Clone)]
pub(crate) struct Gated {
    /// What it began.
    pub(crate) begun: Sink,
    /// What it finished.
    pub(crate) finished: Sink,
    gate: Arc<Semaphore>,
}

impl Gated {
    pub(crate) fn new() -> Self {
        Self { begun: Sink::new(), finished: Sink::new(), gate: Arc::new(Semaphore::new(0)) }
    }

    /// Lets so many records more through.
    pub(crate) fn open_for(&self, records: usize) {
        self.gate.add_permits(records);
    }
}

impl RecordProcessor for Gated {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        self.begun.note(Seen::of(record, cx));
        self.gate.acquire().await?.forget();
        self.finished.note(Seen::of(record, cx));
        Ok(())
    }
}

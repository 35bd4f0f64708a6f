use crate::error::ProcessError;
use std::{fmt, sync::Arc};

/// The duty to give the verdict on one record, once, from any task or thread.
///
/// Dropping it fails the record: a forgotten verdict is no success. (One that is leaked keeps its
/// message, and its place in `concurrency`, until the 12 hours SQS allows are over.) Dropping it
/// because [`Context`](crate::Context) says that the work is cancelled is giving up, and no
/// failure. When the work on the record's message has ended before (its lease was lost, the
/// pipeline was aborted), the verdict comes too late; it is ignored and counted
/// ([`ProcessorStats::late`](crate::ProcessorStats::late)). See
/// [`DeferredProcessor`](crate::DeferredProcessor) for an example.
#[must_use = "dropping an acknowledgement fails its record"]
pub struct Ack {
    /// Until the verdict is given.
    sink: Option<Arc<dyn AckSink>>,
    index: u64,
    offset: u64,
}

/// Where verdicts go.
pub(crate) trait AckSink: Send + Sync {
    /// The record at this index is done.
    fn done(&self, index: u64);

    /// The record at this index and offset failed; without an error, its acknowledgement was
    /// dropped.
    fn not_done(&self, index: u64, offset: u64, error: Option<ProcessError>);
}

impl Ack {
    pub(crate) fn new(sink: Arc<dyn AckSink>, index: u64, offset: u64) -> Self {
        Self { sink: Some(sink), index, offset }
    }

    /// The record is done.
    #[inline]
    pub fn done(mut self) {
        if let Some(sink) = self.sink.take() {
            sink.done(self.index);
        }
    }

    /// The record failed. See [`ProcessError`] for what each kind brings about; there is no retry
    /// in place.
    pub fn fail(mut self, error: impl Into<ProcessError>) {
        self.not_done(Some(error.into()));
    }

    /// The record's verdict is this result.
    pub fn settle_with(self, result: Result<(), ProcessError>) {
        match result {
            Ok(()) => self.done(),
            Err(error) => self.fail(error),
        }
    }

    #[inline]
    fn not_done(&mut self, error: Option<ProcessError>) {
        if let Some(sink) = self.sink.take() {
            sink.not_done(self.index, self.offset, error);
        }
    }
}

impl Drop for Ack {
    #[inline]
    fn drop(&mut self) {
        self.not_done(None);
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ack")
            .field("index", &self.index)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

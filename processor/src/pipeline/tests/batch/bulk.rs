use super::World;
use crate::{BatchError, BatchOptions, BatchProcessor, Builder, Context, ProcessError, Record};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// A batch as it was handed over.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Of each record, its object's key and its index there.
    pub(super) records: Vec<(String, u64)>,
    pub(super) bytes: usize,
    pub(super) attempt: u32,
    pub(super) receive_count: u32,
    /// Since the test began.
    pub(super) at: Duration,
}

/// What becomes of a batch.
pub(super) enum Reply {
    Done,
    /// Done after so long.
    Take(Duration),
    Whole(ProcessError),
    Some(Vec<(usize, ProcessError)>),
    Panic,
    Forever,
    UntilCancelled,
}

/// A batch processor that does what it is told, and writes down what it got.
pub(super) struct Bulk<F> {
    act: F,
    log: Calls,
}

#[derive(Clone)]
pub(super) struct Calls {
    origin: Instant,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    calls: Vec<Call>,
    running: usize,
    most_running: usize,
}

impl Calls {
    pub(super) fn all(&self) -> Vec<Call> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }

    pub(super) fn sizes(&self) -> Vec<usize> {
        self.all().iter().map(|call| call.records.len()).collect()
    }

    pub(super) fn most_running(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).most_running
    }
}

struct Running(Calls);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
    }
}

impl<F: Fn(&Call) -> Reply + Send + Sync + 'static> Bulk<F> {
    /// A pipeline with this one processor, called `b`.
    pub(super) fn pipeline(world: &World, options: BatchOptions, act: F) -> (Builder, Calls) {
        let log = Calls { origin: Instant::now(), entries: Arc::default() };
        (world.builder().batch_processor_with("b", options, Self { act, log: log.clone() }), log)
    }

    fn begin(&self, records: &[Record<'_>], cx: &Context) -> (Call, Running) {
        let call = Call {
            records: records
                .iter()
                .map(|record| (record.object().key().to_owned(), record.index()))
                .collect(),
            bytes: records.iter().map(|record| record.payload().len()).sum(),
            attempt: cx.attempt(),
            receive_count: cx.receive_count(),
            at: self.log.origin.elapsed(),
        };
        let mut entries = self.log.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.calls.push(call.clone());
        entries.running += 1;
        entries.most_running = entries.most_running.max(entries.running);
        (call, Running(self.log.clone()))
    }
}

impl<F: Fn(&Call) -> Reply + Send + Sync + 'static> BatchProcessor for Bulk<F> {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        let (call, _running) = self.begin(records, cx);
        match (self.act)(&call) {
            Reply::Done => Ok(()),
            Reply::Take(time) => {
                sleep(time).await;
                Ok(())
            }
            Reply::Whole(error) => Err(BatchError::whole(error)),
            Reply::Some(failures) => BatchError::of(failures),
            Reply::Panic => std::panic::resume_unwind(Box::new("told to panic".to_owned())),
            Reply::Forever => std::future::pending().await,
            Reply::UntilCancelled => {
                cx.cancelled().await;
                Err(ProcessError::retry("cancelled").into())
            }
        }
    }
}

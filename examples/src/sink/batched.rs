//! Batches behind a processor of single records: one thread writes what has gathered, then confirms each record.
//!
//! It stands in for a batch processor: only this file knows how batches come about, a [`Store`] does not.

use super::{Row, Store};
use crate::error::Error;
use s3_sqs_processor::{Context, OwnedRecord, ProcessError, Record, RecordProcessor};
use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How many records one write is for at the most, and how long the first of them waits for others.
const MOST: usize = 4_096;
const LINGER: Duration = Duration::from_millis(2);

/// Settles a record when the store has it.
pub(crate) struct Batched {
    // Unbounded, but what is in it waits in `process`, which the processor's concurrency bounds.
    queue: mpsc::Sender<Waiting>,
}

struct Waiting {
    record: OwnedRecord,
    verdict: oneshot::Sender<Result<(), Failed>>,
}

impl Batched {
    /// Starts the thread of a store.
    pub(crate) fn start(store: impl Store) -> Result<(Self, Writer), Error> {
        let (queue, waiting) = mpsc::channel();
        let (alive, closed) = mpsc::channel();
        let work = move || {
            write_all(store, &waiting);
            drop(alive);
        };
        let started = thread::Builder::new().name("sink".to_owned()).spawn(work);
        started.map_err(|error| Error::new("cannot start a thread for a sink").because(error))?;
        Ok((Self { queue }, Writer { closed }))
    }
}

impl RecordProcessor for Batched {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let (verdict, settled) = oneshot::channel();
        let waiting = Waiting { record: record.to_owned(), verdict };
        self.queue.send(waiting).map_err(|_| Failed::ended())?;
        Ok(settled.await.map_err(|_| Failed::ended())??)
    }
}

/// The thread behind a sink.
pub(crate) struct Writer {
    closed: mpsc::Receiver<()>,
}

impl Writer {
    /// Waits until the store is closed, which it is when the last processor that uses it is dropped.
    pub(crate) fn wait(self, patience: Duration) {
        // The end of the channel is what is waited for: nothing is ever sent.
        self.closed.recv_timeout(patience).ok();
    }
}

fn write_all(mut store: impl Store, queue: &mpsc::Receiver<Waiting>) {
    let mut batch = Vec::new();
    while let Ok(first) = queue.recv() {
        gather(&mut batch, first, queue);
        let rows: Vec<Row<'_>> = batch.iter().map(|waiting| Row::from(&waiting.record)).collect();
        let outcome = store.write(&rows).map_err(|error| Failed(error.to_string().into()));
        drop(rows);
        for waiting in batch.drain(..) {
            // Whoever no longer waits will be delivered again; a record that is stored twice does no harm.
            drop(waiting.verdict.send(outcome.clone()));
        }
    }
}

fn gather(batch: &mut Vec<Waiting>, first: Waiting, queue: &mpsc::Receiver<Waiting>) {
    let end = Instant::now() + LINGER;
    batch.push(first);
    while batch.len() < MOST {
        match queue.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(next) => batch.push(next),
            Err(_) => break,
        }
    }
}

/// Why a batch was not written: the same for each of its records.
#[derive(Debug, Clone)]
struct Failed(Arc<str>);

impl Failed {
    fn ended() -> Self {
        Self("the sink's thread has ended".into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

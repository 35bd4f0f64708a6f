//! Where `pipeline run` puts records. Each sink is one processor.

mod batched;
mod jsonl;
mod kind;
mod line;
mod null;
mod row;
mod sqlite;
mod stdout;

pub(crate) use batched::{Batched, Writer};
pub(crate) use kind::SinkKind;
pub(crate) use null::Null;

use crate::error::Error;
use row::Row;
use s3_sqs_processor::{Builder, ProcessorOptions};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Larger than the default, so that one fsync is for many records.
const CONCURRENCY: usize = 2_048;
/// A file that several processes write to may be busy for a while.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What writes a batch. When the library gathers batches itself, this is what its batch processor calls.
pub(crate) trait Store: Send + 'static {
    /// Writes all of the rows or none; when it returns they outlast a crash.
    fn write(&mut self, rows: &[Row<'_>]) -> Result<(), Error>;
}

/// Opens the sinks and adds each as a processor, called by its kind (`jsonl`, the second one `jsonl-2`).
///
/// `closed` is told when nobody reads stdout any more.
pub(crate) fn add(mut builder: Builder, kinds: &[SinkKind], closed: &Arc<Notify>) -> Result<(Builder, Writers), Error> {
    let mut writers = Writers::default();
    let mut names = Names::default();
    for kind in kinds {
        let name = names.next(kind.name());
        let batched = match kind {
            SinkKind::Null => {
                builder = builder.processor(name, Null);
                continue;
            }
            SinkKind::Stdout => Batched::start(stdout::Stdout::new(Arc::clone(closed))),
            SinkKind::Jsonl(path) => Batched::start(jsonl::Jsonl::open(path)?),
            SinkKind::Sqlite(path) => Batched::start(sqlite::Sqlite::open(path)?),
        };
        let (sink, writer) = batched?;
        writers.0.push(writer);
        let options = ProcessorOptions::default().concurrency(CONCURRENCY).timeout(TIMEOUT);
        builder = builder.processor_with(name, options, sink);
    }
    Ok((builder, writers))
}

/// The threads behind the sinks.
#[derive(Default)]
pub(crate) struct Writers(Vec<Writer>);

impl Writers {
    /// Waits until all are closed, to leave nothing behind (SQLite's log files, say). They end with their processors.
    pub(crate) fn close(self, patience: Duration) {
        for writer in self.0 {
            writer.wait(patience);
        }
    }
}

/// Numbers the second and later processors of the same kind.
#[derive(Default)]
pub(crate) struct Names(std::collections::HashMap<&'static str, u32>);

impl Names {
    pub(crate) fn next(&mut self, name: &'static str) -> String {
        let count = self.0.entry(name).or_default();
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name}-{count}") }
    }
}

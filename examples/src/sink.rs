//! Where `pipeline run` puts records. Each sink is one processor.

mod jsonl;
mod kind;
mod line;
mod null;
mod row;
mod sqlite;
mod stdout;
mod store;
mod writer;

pub(crate) use kind::{NamedSink, SinkKind};

use crate::error::Error;
use futures::future::{BoxFuture, join_all};
use null::Null;
use s3_sqs_processor::{BatchOptions, Builder};
use std::{sync::Arc, time::Duration};
use store::Store;
use tokio::{sync::Notify, time::timeout};
use writer::Writer;

/// Larger than the default, so that one fsync is for many records.
const RECORDS: usize = 4_096;
const BYTES: usize = 4 << 20;
/// Shorter than the default: while one batch is written the next one gathers anyway.
const WAIT: Duration = Duration::from_millis(20);
/// One is written while the next one is made ready.
const CONCURRENCY: usize = 2;
/// A file that several processes write to may be busy for a while.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Opens the sinks and adds each as a processor. It may block.
///
/// `closed` is told when nobody reads stdout any more.
pub(crate) fn add(
    mut builder: Builder,
    sinks: &[NamedSink],
    closed: &Arc<Notify>,
) -> Result<(Builder, Stores), Error> {
    let mut stores = Stores::default();
    for NamedSink { name, kind } in sinks {
        let name = name.clone();
        builder = match kind {
            SinkKind::Null => builder.processor(name, Null),
            SinkKind::Stdout => stores.add(builder, name, stdout::Stdout::new(Arc::clone(closed))),
            SinkKind::Jsonl(path) => stores.add(builder, name, jsonl::Jsonl::open(path)?),
            SinkKind::Sqlite(path) => stores.add(builder, name, sqlite::Sqlite::open(path)?),
        };
    }
    Ok((builder, stores))
}

/// How to close what the sinks write to.
#[derive(Default)]
pub(crate) struct Stores(Vec<BoxFuture<'static, ()>>);

impl Stores {
    fn add(&mut self, builder: Builder, name: String, store: impl Store) -> Builder {
        let writer = Writer::new(store);
        self.0.push(Box::pin(writer.close()));
        let options = BatchOptions::default().max_records(RECORDS).max_bytes(BYTES).max_wait(WAIT);
        builder.batch_processor_with(
            name,
            options.concurrency(CONCURRENCY).timeout(TIMEOUT),
            writer,
        )
    }

    /// Waits until what is being written is, and closes all, to leave nothing behind (SQLite's log
    /// files, say).
    pub(crate) async fn close(self, patience: Duration) {
        timeout(patience, join_all(self.0)).await.ok();
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

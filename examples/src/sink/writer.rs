use super::{row::Row, store::Store};
use crate::error::Error;
use s3_sqs_processor::{BatchError, BatchProcessor, Context, OwnedRecord, Record};
use std::sync::Arc;
use tokio::{sync::Mutex, task::spawn_blocking};

/// Writes each batch to a store, on a thread that may block, and is done when the store has it.
pub(super) struct Writer<S>(Arc<Mutex<Option<S>>>);

impl<S: Store> Writer<S> {
    pub(super) fn new(store: S) -> Self {
        Self(Arc::new(Mutex::new(Some(store))))
    }

    /// Closes the store when nothing is being written any more. What comes later fails.
    pub(super) fn close(&self) -> impl Future<Output = ()> + Send + use<S> {
        let store = Arc::clone(&self.0);
        async move {
            let mut store = store.lock_owned().await;
            spawn_blocking(move || drop(store.take())).await.ok();
        }
    }
}

impl<S: Store> BatchProcessor for Writer<S> {
    async fn process_batch(&self, records: &[Record<'_>], _cx: &Context) -> Result<(), BatchError> {
        let records: Vec<OwnedRecord> = records.iter().map(Record::to_owned).collect();
        // A write goes on when nobody waits for it any more. Its guard goes with it, so that the
        // next one comes after it.
        let mut store = Arc::clone(&self.0).lock_owned().await;
        let write = move || {
            let rows: Vec<Row<'_>> = records.iter().map(Row::from).collect();
            store.as_mut().ok_or_else(|| Error::new("the sink is closed"))?.write(&rows)
        };
        spawn_blocking(write).await??;
        Ok(())
    }
}

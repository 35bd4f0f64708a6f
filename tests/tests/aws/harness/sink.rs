use super::eventually;
use s3_sqs_processor::{Context, ProcessError, Record, RecordId, RecordProcessor};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A record as a processor saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: RecordId,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
    pub(crate) etag: String,
    pub(crate) payload: String,
    pub(crate) receive_count: u32,
    pub(crate) at: Instant,
}

impl Seen {
    pub(crate) fn of(record: Record<'_>, cx: &Context) -> Self {
        Self {
            id: record.id(),
            key: record.object().key().to_owned(),
            version: record.object().version_id().map(str::to_owned),
            etag: record.object().etag().to_owned(),
            payload: String::from_utf8_lossy(record.payload()).into_owned(),
            receive_count: cx.receive_count(),
            at: Instant::now(),
        }
    }
}

type Judge = dyn Fn(&Seen) -> Result<(), ProcessError> + Send + Sync;

/// A processor that remembers everything it is given. Clones share what they saw.
#[derive(Clone)]
pub(crate) struct Sink {
    seen: Arc<Mutex<Vec<Seen>>>,
    judge: Arc<Judge>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self::judging(|_| Ok(()))
    }

    /// Fails the records for which `fails` says so.
    pub(crate) fn failing(fails: impl Fn(&Seen) -> bool + Send + Sync + 'static) -> Self {
        Self::judging(move |seen| {
            if fails(seen) { Err(ProcessError::retry("as the test wants it")) } else { Ok(()) }
        })
    }

    fn judging(judge: impl Fn(&Seen) -> Result<(), ProcessError> + Send + Sync + 'static) -> Self {
        Self { seen: Arc::default(), judge: Arc::new(judge) }
    }

    pub(crate) fn note(&self, seen: Seen) {
        self.lock().push(seen);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(crate) async fn until(&self, count: usize) {
        eventually(&format!("{count} records seen"), async || {
            (self.count() >= count).then_some(())
        })
        .await;
    }

    /// What was seen, sorted, each as often as it was seen.
    pub(crate) fn payloads(&self) -> Vec<String> {
        sorted(self.lock().iter().map(|seen| seen.payload.clone()))
    }

    /// Asserts that it saw these records, each exactly once, and no two with the same id.
    pub(crate) fn assert_each_once(&self, records: impl IntoIterator<Item = String>) {
        assert_eq!(self.payloads(), sorted(records));
        let ids: HashSet<RecordId> = self.lock().iter().map(|seen| seen.id).collect();
        assert_eq!(ids.len(), self.count(), "two records have the same id");
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sorted(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_unstable();
    texts
}

impl RecordProcessor for Sink {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        let seen = Seen::of(record, cx);
        let verdict = (self.judge)(&seen);
        self.note(seen);
        verdict
    }
}

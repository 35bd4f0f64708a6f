use crate::{
    record::{Record, RecordId},
    runtime::failure::Failure,
};
use std::sync::{Arc, Mutex, PoisonError};

/// A record that failed for a processor, as test harnesses see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedRecord {
    /// The processor's name.
    pub processor: String,
    /// The key of the record's object.
    pub key: String,
    /// The record's position in its object.
    pub index: u64,
    /// The record's id.
    pub id: RecordId,
    /// Why it failed.
    pub error: String,
}

/// Writes down each failed record, if it is told to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observer(Option<Arc<Mutex<Vec<FailedRecord>>>>);

impl Observer {
    pub(crate) fn recording() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn failures(&self) -> Vec<FailedRecord> {
        let failures = self
            .0
            .as_ref()
            .map(|failures| failures.lock().unwrap_or_else(PoisonError::into_inner).clone());
        failures.unwrap_or_default()
    }

    pub(crate) fn record_failed(&self, processor: &str, record: Record<'_>, failure: &Failure) {
        if let Some(failures) = &self.0 {
            failures.lock().unwrap_or_else(PoisonError::into_inner).push(FailedRecord {
                processor: processor.to_owned(),
                key: record.object().key().to_owned(),
                index: record.index(),
                id: record.id(),
                error: failure.to_string(),
            });
        }
    }
}

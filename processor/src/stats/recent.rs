use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// So many failures are kept, the newest: what a person reads.
const KEPT: usize = 20;

/// A record that failed, or an object that could not be read: one of the last 20.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RecentFailure {
    /// When it failed, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Of the message that announced the object.
    pub message_id: String,
    /// The object, as `s3://bucket/key`.
    pub object: String,
    /// The processor that failed the record; `None` if the object could not be read.
    pub processor: Option<String>,
    /// Which record of the object it was, from 0.
    pub index: Option<u64>,
    /// The error's text, as it is logged: it may repeat what the processor knows of the record.
    pub error: String,
}

/// The last failures: of one object and processor the first five.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<RecentFailure>>);

impl Recent {
    pub(crate) fn add(
        &self,
        message_id: &str,
        object: String,
        record: Option<(&str, u64)>,
        error: String,
    ) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let failure = RecentFailure {
            at_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            message_id: message_id.to_owned(),
            object,
            processor: record.map(|(processor, _)| processor.to_owned()),
            index: record.map(|(_, index)| index),
            error,
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(failure);
    }

    /// The newest first.
    pub(crate) fn all(&self) -> Vec<RecentFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

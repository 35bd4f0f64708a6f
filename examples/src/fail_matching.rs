//! A processor that fails on purpose, to see what a failure does.

use memchr::memmem::Finder;
use s3_sqs_processor::{Context, ProcessError, Record, RecordId, RecordProcessor};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// So many records are remembered; those beyond are let through, so that memory has a bound.
const REMEMBERED: usize = 1_000_000;

/// Fails records that contain a text: always, or for their first tries.
pub(crate) struct FailMatching {
    text: Finder<'static>,
    tries: Option<Tries>,
}

impl FailMatching {
    pub(crate) fn new(text: &str, times: Option<u32>) -> Self {
        let tries = times.map(|times| Tries { times, failed: Mutex::default() });
        Self { text: Finder::new(text).into_owned(), tries }
    }
}

impl RecordProcessor for FailMatching {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        if self.text.find(record.payload()).is_none() {
            return Ok(());
        }
        match self.tries.as_ref().map(|tries| tries.take(record.id())) {
            None => Err(ProcessError::reject("made to fail by --fail-matching")),
            Some(Some(this)) => {
                Err(ProcessError::retry(format!("made to fail by --fail-matching, time {this}")))
            }
            Some(None) => Ok(()),
        }
    }
}

struct Tries {
    times: u32,
    failed: Mutex<HashMap<RecordId, u32>>,
}

impl Tries {
    /// The number of this failure, or `None` if the record has failed often enough.
    fn take(&self, id: RecordId) -> Option<u32> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= REMEMBERED && !failed.contains_key(&id) {
            return None;
        }
        let count = failed.entry(id).or_default();
        (*count < self.times).then(|| {
            *count += 1;
            *count
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_per_record() {
        let tries = Tries { times: 2, failed: Mutex::default() };
        let id = |offset| RecordId::of("b", "k", None, "e", offset);
        assert_eq!(
            [tries.take(id(0)), tries.take(id(0)), tries.take(id(0))],
            [Some(1), Some(2), None]
        );
        assert_eq!(tries.take(id(9)), Some(1));
    }
}

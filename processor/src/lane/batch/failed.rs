use crate::{
    error::{BatchError, Failures, ProcessError},
    record::{ObjectRef, Record},
    runtime::Failure,
};
use std::collections::HashMap;

/// What failed of one try.
pub(super) enum Failed {
    Whole(Failure),
    /// Sorted by their position in the batch.
    Some(Vec<(usize, Failure)>),
}

impl Failed {
    pub(super) fn of(error: BatchError, records: &[Record<'_>]) -> Self {
        let count = records.len();
        let failures = match error.0 {
            Failures::Whole(error) => return Self::Whole(Failure::Error(error)),
            Failures::Some(failures) => failures,
            Failures::Named(failures) => {
                let name = |record: &Record<'_>| (record.object().address(), record.index());
                let places: HashMap<_, _> = records.iter().map(name).zip(0..).collect();
                let place = |(object, index): (ObjectRef, u64)| {
                    places.get(&(object.address(), index)).copied().unwrap_or(count)
                };
                failures.into_iter().map(|(named, error)| (place(named), error)).collect()
            }
        };
        if failures.iter().any(|(index, _)| *index >= count) {
            let text =
                format!("its processor named a failed record beyond the {count} of the batch");
            return Self::Whole(Failure::Error(ProcessError::retry(text)));
        }
        let mut failures: Vec<_> =
            failures.into_iter().map(|(index, error)| (index, Failure::Error(error))).collect();
        failures.sort_by_key(|(index, _)| *index);
        Self::Some(failures)
    }

    /// Why all of it failed, if it did as a whole.
    pub(super) fn whole(&self) -> Option<&Failure> {
        match self {
            Self::Whole(failure) => Some(failure),
            Self::Some(_) => None,
        }
    }

    /// Why the record at this position failed, if it did.
    pub(super) fn of_record(&self, position: usize) -> Option<&Failure> {
        match self {
            Self::Whole(failure) => Some(failure),
            Self::Some(failures) => failures
                .binary_search_by_key(&position, |(index, _)| *index)
                .ok()
                .map(|at| &failures[at].1),
        }
    }
}

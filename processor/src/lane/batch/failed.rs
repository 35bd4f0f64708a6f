use crate::{
    error::{BatchError, Failures, ProcessError},
    runtime::Failure,
};

/// What failed of one try.
pub(super) enum Failed {
    Whole(Failure),
    /// Sorted by their position in the batch.
    Some(Vec<(usize, Failure)>),
}

impl Failed {
    pub(super) fn of(error: BatchError, records: usize) -> Self {
        match error.0 {
            Failures::Whole(error) => Self::Whole(Failure::Error(error)),
            Failures::Some(failures) if failures.iter().any(|(index, _)| *index >= records) => {
                let text = format!(
                    "its processor named a failed record beyond the {records} of the batch"
                );
                Self::Whole(Failure::Error(ProcessError::retry(text)))
            }
            Failures::Some(mut failures) => {
                failures.sort_by_key(|(index, _)| *index);
                Self::Some(
                    failures
                        .into_iter()
                        .map(|(index, error)| (index, Failure::Error(error)))
                        .collect(),
                )
            }
        }
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

use super::ProcessError;
use std::fmt;

/// Which records of a batch failed, and why.
///
/// Any error turns into one with `?` and fails the whole batch.
pub struct BatchError(pub(crate) Failures);

/// What failed.
pub(crate) enum Failures {
    Whole(ProcessError),
    Some(Vec<(usize, ProcessError)>),
}

impl BatchError {
    /// Every record of the batch failed.
    pub fn whole(error: impl Into<ProcessError>) -> Self {
        Self(Failures::Whole(error.into()))
    }

    /// The records at these indices of the batch failed; the others are done. `Ok` if there are none.
    ///
    /// An index that is not one of the batch makes the answer worthless: the whole batch then counts as failed.
    ///
    /// # Errors
    ///
    /// If there is at least one failure: this is made to be what
    /// [`process_batch`](crate::BatchProcessor::process_batch) returns.
    pub fn of(failures: impl IntoIterator<Item = (usize, ProcessError)>) -> Result<(), Self> {
        let failures: Vec<_> = failures.into_iter().collect();
        if failures.is_empty() { Ok(()) } else { Err(Self(Failures::Some(failures))) }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for BatchError {
    fn from(cause: E) -> Self {
        Self::whole(ProcessError::retry(cause))
    }
}

impl From<ProcessError> for BatchError {
    fn from(error: ProcessError) -> Self {
        Self::whole(error)
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Failures::Whole(error) => write!(f, "the whole batch failed: {error}"),
            Failures::Some(failures) => {
                write!(f, "{} records failed", failures.len())?;
                failures.first().map_or(Ok(()), |(index, error)| write!(f, ", the first at index {index}: {error}"))
            }
        }
    }
}

impl fmt::Debug for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchError({self})")
    }
}

use super::{ProcessError, process::IsError};
use crate::record::{ObjectRef, Record};
use std::fmt;

/// Which records of a batch failed, and why.
///
/// Any error turns into one with `?` and fails the whole batch. A batch that is then not tried
/// again as it is gets halved; see [`BatchProcessor`](crate::BatchProcessor). Like
/// [`ProcessError`] it does not implement [`std::error::Error`] itself: that makes `?` work.
pub struct BatchError(pub(crate) Failures);

/// What failed.
pub(crate) enum Failures {
    Whole(ProcessError),
    Some(Vec<(usize, ProcessError)>),
    /// By their objects and their indices in these.
    Named(Vec<((ObjectRef, u64), ProcessError)>),
}

impl BatchError {
    /// The batch failed as a whole: perhaps for one of its records, so it may be halved.
    pub fn whole(error: impl Into<ProcessError>) -> Self {
        Self(Failures::Whole(error.into()))
    }

    /// The records at these indices of the batch failed; the others are done, and nothing is
    /// halved. `Ok` if there are none.
    ///
    /// An index that is not one of the batch makes the answer worthless: the whole batch then
    /// counts as failed.
    ///
    /// # Errors
    ///
    /// If there is at least one failure: this is made to be what
    /// [`process_batch`](crate::BatchProcessor::process_batch) returns.
    ///
    /// ```
    /// use s3_sqs_processor::{BatchError, ProcessError};
    ///
    /// assert!(BatchError::of([]).is_ok());
    /// let error = BatchError::of([(3, ProcessError::reject("no customer"))]).unwrap_err();
    /// assert_eq!(error.to_string(), "1 record failed, the first at index 3: no customer");
    /// ```
    pub fn of(failures: impl IntoIterator<Item = (usize, ProcessError)>) -> Result<(), Self> {
        let failures: Vec<_> = failures.into_iter().collect();
        if failures.is_empty() { Ok(()) } else { Err(Self(Failures::Some(failures))) }
    }

    /// These records of the batch failed; the others are done, and nothing is halved. `Ok` if there
    /// are none. For processors that group or sort the records of a batch; otherwise see
    /// [`of`](Self::of).
    ///
    /// A record that is not one of the batch makes the answer worthless: the whole batch then
    /// counts as failed.
    ///
    /// # Errors
    ///
    /// If there is at least one failure.
    ///
    /// ```
    /// use s3_sqs_processor::{BatchError, ProcessError, Record};
    ///
    /// fn check(records: &[Record<'_>]) -> Result<(), BatchError> {
    ///     let (_small, large): (Vec<_>, Vec<_>) =
    ///         records.iter().partition(|record| record.payload().len() < 1_000);
    ///     let too_large = |record| (record, ProcessError::reject("too large"));
    ///     BatchError::of_records(large.into_iter().map(too_large))
    /// }
    /// # let record = s3_sqs_processor::testing::record("orders", 7, vec![b' '; 2_000]);
    /// # let error = check(&[record.as_record()]).unwrap_err();
    /// # assert_eq!(error.to_string(), "1 record failed, the first at index 7 of \
    /// #     s3://data/orders: too large");
    /// ```
    pub fn of_records<'a>(
        failures: impl IntoIterator<Item = (&'a Record<'a>, ProcessError)>,
    ) -> Result<(), Self> {
        let named =
            |(record, error): (&Record<'_>, _)| ((record.object().clone(), record.index()), error);
        let failures: Vec<_> = failures.into_iter().map(named).collect();
        if failures.is_empty() { Ok(()) } else { Err(Self(Failures::Named(failures))) }
    }
}

impl<E: IsError> From<E> for BatchError {
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
                count(f, failures.len())?;
                failures.first().map_or(Ok(()), |(index, error)| {
                    write!(f, ", the first at index {index}: {error}")
                })
            }
            Failures::Named(failures) => {
                count(f, failures.len())?;
                failures.first().map_or(Ok(()), |((object, index), error)| {
                    write!(f, ", the first at index {index} of {object}: {error}")
                })
            }
        }
    }
}

fn count(f: &mut fmt::Formatter<'_>, failed: usize) -> fmt::Result {
    write!(f, "{failed} record{} failed", if failed == 1 { "" } else { "s" })
}

impl fmt::Debug for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchError({self})")
    }
}

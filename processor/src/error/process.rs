use super::Cause;
use std::{fmt, time::Duration};

/// Why a processor could not process a record.
///
/// Any error turns into one with `?` and means: try again. Whatever the kind, the record counts as
/// failed and its message is not deleted; the kind only decides what happens before the message
/// goes back to the queue:
///
/// - [`retry`](Self::retry) (what `?` makes): tried again in place if the pipeline is configured
///   for it, else with the message's next delivery;
/// - [`retry_after`](Self::retry_after): the same, but not before the delay is over;
/// - [`reject`](Self::reject): trying again in place is pointless. The message still comes back:
///   only the queue's redrive policy takes it away, to the dead-letter queue.
///
/// Like `anyhow::Error` it does not implement [`std::error::Error`] itself, which is what makes `?`
/// work. What is no [`std::error::Error`] (`anyhow::Error`, a boxed error, text) says what it means
/// by [`or_retry`](crate::ResultExt::or_retry) or [`or_reject`](crate::ResultExt::or_reject).
///
/// ```
/// use s3_sqs_processor::{ProcessError, Record};
///
/// fn total(record: Record<'_>) -> Result<u64, ProcessError> {
///     let value: serde_json::Value = serde_json::from_slice(record.payload())?;
///     value["total"].as_u64().ok_or_else(|| ProcessError::reject("the record has no total"))
/// }
/// ```
///
/// A downstream system that says when to come back:
///
/// ```
/// use s3_sqs_processor::ProcessError;
/// use std::time::Duration;
///
/// let busy = ProcessError::retry_after(Duration::from_secs(30), "too many requests");
/// assert_eq!(busy.delay(), Some(Duration::from_secs(30)));
/// assert!(ProcessError::reject("not JSON").is_reject());
/// ```
pub struct ProcessError(Box<Inner>);

struct Inner {
    cause: Cause,
    advice: Advice,
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Try again, at the earliest after the delay.
    Retry(Option<Duration>),
    /// Trying again in place is pointless.
    Reject,
}

impl ProcessError {
    /// The record failed and may be tried again.
    pub fn retry(cause: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Self {
        Self::with(Advice::Retry(None), cause.into())
    }

    /// The record failed and may be tried again once `delay` is over.
    ///
    /// The message's release is delayed by at least as much, up to what SQS allows (12 hours from
    /// its receive).
    pub fn retry_after(
        delay: Duration,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
    ) -> Self {
        Self::with(Advice::Retry(Some(delay)), cause.into())
    }

    /// The record failed and trying it again in place is pointless (it does not parse, say).
    ///
    /// This never deletes anything: the message goes back and ends in the dead-letter queue after
    /// enough receives.
    pub fn reject(cause: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Self {
        Self::with(Advice::Reject, cause.into())
    }

    /// Whether trying again in place is pointless.
    pub fn is_reject(&self) -> bool {
        self.0.advice == Advice::Reject
    }

    /// How long to wait at least before the next try, if the error says so.
    pub fn delay(&self) -> Option<Duration> {
        match self.0.advice {
            Advice::Retry(delay) => delay,
            Advice::Reject => None,
        }
    }

    /// The error it was made of.
    pub fn cause(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0.cause
    }

    fn with(advice: Advice, cause: Cause) -> Self {
        Self(Box::new(Inner { cause, advice }))
    }
}

/// What `?` takes. Where it does not, the compiler says what does.
#[diagnostic::on_unimplemented(
    label = "put `.or_retry()` or `.or_reject()` before the `?`, of `s3_sqs_processor::ResultExt`"
)]
pub trait IsError: std::error::Error + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: std::error::Error + Send + Sync + 'static> IsError for E {}

impl<E: IsError> From<E> for ProcessError {
    fn from(cause: E) -> Self {
        Self::retry(cause)
    }
}

/// The cause and what caused it, in one line.
impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.cause)?;
        let mut source = self.0.cause.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl fmt::Debug for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProcessError({:?}, {self})", self.0.advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_means_retry() {
        let fails = || -> Result<i32, ProcessError> { Ok("x".parse::<i32>()?) };
        let error = fails().expect_err("x is no number");
        assert!(!error.is_reject() && error.delay().is_none());
        assert_eq!(error.to_string(), "invalid digit found in string");
    }

    #[test]
    fn the_kind_is_kept() {
        let later = ProcessError::retry_after(Duration::from_secs(9), "busy");
        assert_eq!(later.delay(), Some(Duration::from_secs(9)));
        assert!(ProcessError::reject("bad").is_reject());
    }

    #[test]
    fn a_result_is_one_word() {
        assert_eq!(size_of::<Result<(), ProcessError>>(), size_of::<usize>());
    }
}

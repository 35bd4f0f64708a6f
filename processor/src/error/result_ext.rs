use super::{Cause, ProcessError};
use std::time::Duration;

/// Says what an error means for its record, for errors that `?` takes and for those that it does
/// not: `anyhow::Error`, `Box<dyn Error + Send + Sync>`, and text.
///
/// ```
/// use s3_sqs_processor::{ProcessError, Record, ResultExt};
///
/// fn total(record: Record<'_>) -> Result<u64, ProcessError> {
///     let text = std::str::from_utf8(record.payload()).or_reject()?;
///     let total = text.split(',').nth(2).ok_or("the record has no total").or_reject()?;
///     converted(total).or_retry()
/// }
///
/// fn converted(total: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
///     Ok(total.parse()?)
/// }
/// ```
pub trait ResultExt<T> {
    /// An error fails the record, which may be tried again: see [`ProcessError::retry`].
    ///
    /// # Errors
    ///
    /// The error, as one of the record.
    fn or_retry(self) -> Result<T, ProcessError>;

    /// An error fails the record, which may be tried again once `delay` is over: see
    /// [`ProcessError::retry_after`].
    ///
    /// # Errors
    ///
    /// The error, as one of the record.
    fn or_retry_after(self, delay: Duration) -> Result<T, ProcessError>;

    /// An error fails the record, and trying it again in place is pointless: see
    /// [`ProcessError::reject`].
    ///
    /// # Errors
    ///
    /// The error, as one of the record.
    fn or_reject(self) -> Result<T, ProcessError>;
}

impl<T, E: Into<Cause>> ResultExt<T> for Result<T, E> {
    fn or_retry(self) -> Result<T, ProcessError> {
        self.map_err(ProcessError::retry)
    }

    fn or_retry_after(self, delay: Duration) -> Result<T, ProcessError> {
        self.map_err(|error| ProcessError::retry_after(delay, error))
    }

    fn or_reject(self) -> Result<T, ProcessError> {
        self.map_err(ProcessError::reject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_error_is_it_says_what_is_meant() {
        let text: Result<(), &str> = Err("busy");
        let boxed: Result<(), Cause> = Err("busy".into());
        let typed: Result<(), std::fmt::Error> = Err(std::fmt::Error);
        assert!(text.or_reject().unwrap_err().is_reject());
        let later = boxed.or_retry_after(Duration::from_secs(9)).unwrap_err();
        assert_eq!(
            (later.to_string(), later.delay()),
            ("busy".into(), Some(Duration::from_secs(9)))
        );
        let now = typed.or_retry().unwrap_err();
        assert!(!now.is_reject() && now.delay().is_none());
        assert_eq!(Ok::<_, String>(1).or_reject().ok(), Some(1));
    }
}

use crate::error::{BuildError, BuildErrorKind};
use std::time::Duration;

/// SQS keeps a received message invisible for at most 12 hours per receive, extensions included
/// (Amazon SQS Developer Guide, "Amazon SQS visibility timeout").
pub(crate) const MAX_TOTAL: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a received message stays hidden from other consumers, and how that is kept up while
/// work goes on.
///
/// ```
/// use s3_sqs_processor::Lease;
/// use std::time::Duration;
///
/// let minute = Duration::from_secs(60);
/// let lease = Lease::default().visibility_timeout(minute).max_term(5 * minute);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Lease {
    pub(crate) visibility_timeout: Option<Duration>,
    pub(crate) max_term: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self { visibility_timeout: None, max_term: Duration::from_secs(600) }
    }
}

impl Lease {
    /// The visibility timeout sent with every receive.
    ///
    /// Default: the queue's own, read at start. Bounds: 2 s to 12 h, whole seconds. A crash makes
    /// messages invisible for up to this long; shorter means more requests (one extension per
    /// message and half a timeout, ten to a request). Every request about a held message is given
    /// at most a quarter of it.
    pub fn visibility_timeout(mut self, timeout: Duration) -> Self {
        self.visibility_timeout = Some(timeout);
        self
    }

    /// The longest term one extension may ask for.
    ///
    /// Default: 10 minutes. Bounds: 2 s to 12 h. The terms grow with the age of the work, so that
    /// long work costs few requests; this is how long after a crash such a message may stay hidden.
    /// Where the visibility timeout is longer, that is the term.
    pub fn max_term(mut self, term: Duration) -> Self {
        self.max_term = term;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        for (name, value) in
            [("visibility_timeout", self.visibility_timeout), ("max_term", Some(self.max_term))]
        {
            if let Some(value) = value {
                check_timeout(name, value)
                    .map_err(|message| BuildError::new(BuildErrorKind::Setting, message))?;
            }
        }
        Ok(())
    }
}

/// Whether a visibility timeout is one that can be kept.
pub(crate) fn check_timeout(name: &str, value: Duration) -> Result<(), String> {
    if value < Duration::from_secs(2) || value > MAX_TOTAL || value.subsec_nanos() != 0 {
        return Err(format!("lease.{name} is {value:?}: give whole seconds, from 2 s to 12 h"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_outside_what_sqs_and_we_can_keep_are_refused() {
        for bad in [
            Duration::ZERO,
            Duration::from_secs(1),
            Duration::from_millis(2500),
            MAX_TOTAL + Duration::from_secs(1),
        ] {
            let error =
                Lease::default().visibility_timeout(bad).check().expect_err("out of bounds");
            assert!(error.to_string().contains("lease.visibility_timeout"), "{error}");
            assert!(Lease::default().max_term(bad).check().is_err());
        }
        assert!(
            Lease::default()
                .visibility_timeout(Duration::from_secs(2))
                .max_term(MAX_TOTAL)
                .check()
                .is_ok()
        );
    }
}

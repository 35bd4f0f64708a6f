use crate::error::{BuildError, BuildErrorKind};
use std::time::Duration;

/// Whether and how a failed record is tried again in place, while the message's lease is kept.
///
/// ```
/// use s3_sqs_processor::Retry;
/// use std::time::Duration;
///
/// let retry = Retry::times(3).backoff(Duration::from_millis(100), Duration::from_secs(10));
/// ```
///
/// Whatever still fails afterwards fails its message, which comes back as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Retry {
    pub(crate) times: u32,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
    pub(crate) keep_place: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self::none()
    }
}

impl Retry {
    /// No retries in place. This is the default: a redelivery retries too, and is cheap.
    pub fn none() -> Self {
        Self::times(0)
    }

    /// So many further tries after the first: `times(3)` is at most four tries. Bounds: 0 to 100.
    pub fn times(times: u32) -> Self {
        Self {
            times,
            first: Duration::from_millis(100),
            longest: Duration::from_secs(30),
            keep_place: false,
        }
    }

    /// How long to wait before the second try, doubled before each further one, up to a longest.
    ///
    /// Default: 100 ms, up to 30 s. Bounds: up to 12 h. Each wait is shortened by a random part of
    /// up to a half, so that records that failed together do not come back together.
    /// [`ProcessError::retry_after`](crate::ProcessError) makes a wait longer.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Keeps the record's place in the processor's concurrency while it waits.
    ///
    /// Default: off, so other records go on meanwhile. On, a struggling downstream system sees less
    /// load.
    pub fn keep_place(mut self, keep: bool) -> Self {
        self.keep_place = keep;
        self
    }

    /// The longest wait before try number `attempt` + 1, if there is one.
    pub(crate) fn delay(&self, attempt: u32) -> Option<Duration> {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        (attempt <= self.times).then(|| self.first.saturating_mul(factor).min(self.longest))
    }

    /// `what` names the setting in the error.
    pub(crate) fn check(&self, what: &str) -> Result<(), BuildError> {
        if self.times > 100 {
            let message = format!("{what} is {} times; it must be at most 100", self.times);
            return Err(BuildError::new(BuildErrorKind::Setting, message));
        }
        check_backoff(what, self.first, self.longest)
    }
}

/// How long a message with failed records stays away before its next delivery.
///
/// By default that is the queue's own visibility timeout after the first receive, doubled with each
/// further one up to 15 minutes: what fails for a while is not soon in the dead-letter queue.
///
/// ```
/// use s3_sqs_processor::Redelivery;
/// use std::time::Duration;
///
/// let redelivery = Redelivery::backoff(Duration::from_secs(10), Duration::from_secs(3_600));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Redelivery {
    /// After the first receive; `None`: the queue's visibility timeout.
    pub(crate) first: Option<Duration>,
    /// Zero: it does not grow.
    pub(crate) longest: Duration,
}

impl Default for Redelivery {
    fn default() -> Self {
        Self { first: None, longest: Duration::from_secs(15 * 60) }
    }
}

impl Redelivery {
    /// As long as the queue's own visibility timeout each time, counted from the verdict: what a
    /// plain consumer would see.
    pub fn after_visibility_timeout() -> Self {
        Self { first: None, longest: Duration::ZERO }
    }

    /// `first` after the first receive, doubled with each further one, up to `longest`.
    ///
    /// Bounds: up to 12 h; what SQS still allows of the 12 hours of a receive caps it in any case.
    /// Zero means at once.
    pub fn backoff(first: Duration, longest: Duration) -> Self {
        Self { first: Some(first), longest }
    }

    /// The delay after this many receives, on a queue with this visibility timeout.
    pub(crate) fn delay(&self, receive_count: u32, visibility_timeout: Duration) -> Duration {
        let first = self.first.unwrap_or(visibility_timeout);
        let factor = 2_u32.saturating_pow(receive_count.saturating_sub(1));
        first.saturating_mul(factor).min(self.longest.max(first))
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        self.first.map_or(Ok(()), |first| check_backoff("redelivery", first, self.longest))
    }
}

fn check_backoff(what: &str, first: Duration, longest: Duration) -> Result<(), BuildError> {
    if first <= longest && longest <= super::lease::MAX_TOTAL {
        return Ok(());
    }
    let message = format!(
        "{what} backs off from {first:?} to {longest:?}; the first wait must not be above the \
         longest, and that at most 12 h"
    );
    Err(BuildError::new(BuildErrorKind::Setting, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let retry = Retry::times(4).backoff(SECOND, 3 * SECOND);
        let waits: Vec<_> = (1..=5).map(|attempt| retry.delay(attempt)).collect();
        assert_eq!(
            waits,
            [Some(SECOND), Some(2 * SECOND), Some(3 * SECOND), Some(3 * SECOND), None]
        );
        assert_eq!(Retry::none().delay(1), None);
    }

    #[test]
    fn redeliveries_back_off_by_receive_count() {
        let redelivery = Redelivery::backoff(10 * SECOND, 35 * SECOND);
        assert_eq!(
            [1, 2, 3, 99].map(|count| redelivery.delay(count, SECOND).as_secs()),
            [10, 20, 35, 35]
        );
        let delays = [1, 2, 3, 9].map(|count| Redelivery::default().delay(count, 30 * SECOND));
        assert_eq!(delays.map(|delay| delay.as_secs()), [30, 60, 120, 900]);
        let plain = Redelivery::after_visibility_timeout();
        assert_eq!(plain.delay(9, 30 * SECOND), 30 * SECOND);
        assert_eq!(Redelivery::default().delay(3, 3_600 * SECOND), 3_600 * SECOND);
    }

    #[test]
    fn out_of_bounds_is_refused() {
        assert!(Retry::times(101).check("retry").is_err());
        assert!(Retry::times(1).backoff(2 * SECOND, SECOND).check("retry").is_err());
        assert!(Redelivery::backoff(SECOND, 50_000 * SECOND).check().is_err());
        assert!(Retry::times(100).check("retry").is_ok() && Redelivery::default().check().is_ok());
    }
}

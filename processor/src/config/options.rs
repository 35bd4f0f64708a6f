use crate::error::{BuildError, BuildErrorKind};
use std::time::Duration;

/// How one processor is run.
///
/// ```
/// use s3_sqs_processor::ProcessorOptions;
/// use std::time::Duration;
///
/// let options = ProcessorOptions::default().concurrency(1_000).timeout(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct ProcessorOptions {
    pub(crate) concurrency: usize,
    pub(crate) timeout: Option<Duration>,
}

impl Default for ProcessorOptions {
    fn default() -> Self {
        Self { concurrency: 256, timeout: Some(Duration::from_secs(60)) }
    }
}

impl ProcessorOptions {
    /// How many records this processor works on at once.
    ///
    /// Default: 256. Bounds: 1 to 65,536. It counts records that wait for something, and batches being polled: work that
    /// never waits runs on at most as many threads.
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records;
        self
    }

    /// How long one record may take. After that it counts as failed and its future is dropped.
    ///
    /// Default: 60 s. Bounds: 1 ms to 12 h. Counted from when the record first had to wait: work that blocks the thread
    /// cannot be interrupted. See [`no_timeout`](Self::no_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets a record take as long as the message can be held: 12 hours.
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    pub(crate) fn check(&self, name: &str) -> Result<(), BuildError> {
        let refuse = |message: String| Err(BuildError::new(BuildErrorKind::Processor, message));
        if !(1..=65_536).contains(&self.concurrency) {
            return refuse(format!("processor `{name}`: concurrency must be 1 to 65,536"));
        }
        let bounds = Duration::from_millis(1)..=super::lease::MAX_TOTAL;
        if self.timeout.is_some_and(|timeout| !bounds.contains(&timeout)) {
            return refuse(format!("processor `{name}`: timeout must be 1 ms to 12 h"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_bounds_options_name_the_processor() {
        for options in [
            ProcessorOptions::default().concurrency(0),
            ProcessorOptions::default().concurrency(65_537),
            ProcessorOptions::default().timeout(Duration::ZERO),
            ProcessorOptions::default().timeout(Duration::from_secs(50_000)),
        ] {
            assert!(options.check("audit").expect_err("out of bounds").to_string().contains("`audit`"));
        }
        assert!(ProcessorOptions::default().no_timeout().check("audit").is_ok());
    }
}

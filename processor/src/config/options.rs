use super::{Limits, Retry, lease::MAX_TOTAL};
use crate::error::{BuildError, BuildErrorKind};
use std::time::Duration;

/// How one [`RecordProcessor`](crate::RecordProcessor) is run.
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
    pub(crate) retry: Option<Retry>,
}

impl Default for ProcessorOptions {
    fn default() -> Self {
        Self { concurrency: 256, timeout: Some(DEFAULT_TIMEOUT), retry: None }
    }
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl ProcessorOptions {
    /// How many records this processor works on at once.
    ///
    /// Default: 256. Bounds: 1 to 65,536. It counts records that wait for something, and batches
    /// being polled: work that never waits runs on at most as many threads.
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records;
        self
    }

    /// How long one try of one record may take. After that it counts as failed and its future is
    /// dropped.
    ///
    /// Default: 60 s. Bounds: 1 ms to 12 h. Counted from when the record first had to wait: work
    /// that blocks the thread cannot be interrupted. See [`no_timeout`](Self::no_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets one try of a record take as long as the message can be held: 12 hours (Amazon SQS
    /// Developer Guide, "Amazon SQS visibility timeout").
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Retries in place for this processor. Default: the pipeline's
    /// [`retry`](crate::Builder::retry).
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    pub(crate) fn check(&self, name: &str) -> Result<(), BuildError> {
        check_count(name, "concurrency", self.concurrency, 65_536)?;
        check_timeout(name, "timeout", self.timeout)?;
        self.retry
            .as_ref()
            .map_or(Ok(()), |retry| retry.check(&format!("processor `{name}`: retry")))
    }
}

/// How one [`BatchProcessor`](crate::BatchProcessor) is run.
///
/// ```
/// use s3_sqs_processor::BatchOptions;
/// use std::time::Duration;
///
/// let options = BatchOptions::default().max_records(1_000).max_wait(Duration::from_secs(1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct BatchOptions {
    pub(crate) max_records: usize,
    pub(crate) max_bytes: usize,
    pub(crate) max_wait: Duration,
    pub(crate) concurrency: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            max_records: 500,
            max_bytes: 1 << 20,
            max_wait: Duration::from_millis(200),
            concurrency: 4,
            timeout: Some(DEFAULT_TIMEOUT),
            retry: None,
        }
    }
}

impl BatchOptions {
    /// How many records a batch holds at the most. Default: 500. Bounds: 1 to 100,000.
    pub fn max_records(mut self, records: usize) -> Self {
        self.max_records = records;
        self
    }

    /// How many bytes of payload a batch holds at the most; a record that is larger is a batch of
    /// its own.
    ///
    /// Default: 1 MiB. Bounds: 1 byte to 1 GiB, and at most
    /// [`Limits::buffered_bytes`](crate::Limits::buffered_bytes). An object holds at most four
    /// buffers of 1 MiB; a batch that it cannot fill takes records of other objects, and leaves
    /// early where an object in it could not be read on. One that needs more objects than may be
    /// open together waits for `max_wait`.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How long the first record of a batch waits for others.
    ///
    /// Default: 200 ms. Bounds: up to 1 h. It need not be below the visibility timeout: leases are
    /// kept meanwhile.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// How many batches this processor works on at once. Default: 4. Bounds: 1 to 1,024.
    pub fn concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches;
        self
    }

    /// How long one try of one batch may take. After that it failed as a whole and its future is
    /// dropped.
    ///
    /// Default: 60 s. Bounds: 1 ms to 12 h. See [`no_timeout`](Self::no_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets one try of a batch take as long as its messages can be held: 12 hours.
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Retries in place, of the records that failed. Default: the pipeline's
    /// [`retry`](crate::Builder::retry).
    ///
    /// A batch that has used them and failed as a whole is halved. Halves are further tries: they
    /// have the retries that are left, and one try at least.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    pub(crate) fn check(&self, name: &str, limits: &Limits) -> Result<(), BuildError> {
        check_count(name, "max_records", self.max_records, 100_000)?;
        check_count(name, "max_bytes", self.max_bytes, 1 << 30)?;
        if self.max_bytes > limits.buffered_bytes {
            return refuse(format!(
                "processor `{name}`: max_bytes is {}, more than all objects may hold together, so \
                 such a batch would never be full; the most that can be is \
                 limits.buffered_bytes ({})",
                self.max_bytes, limits.buffered_bytes
            ));
        }
        check_count(name, "concurrency", self.concurrency, 1_024)?;
        if self.max_wait > Duration::from_secs(3_600) {
            return refuse(format!(
                "processor `{name}`: max_wait is {:?}; it must be at most 1 h",
                self.max_wait
            ));
        }
        check_timeout(name, "timeout", self.timeout)?;
        self.retry
            .as_ref()
            .map_or(Ok(()), |retry| retry.check(&format!("processor `{name}`: retry")))
    }
}

/// How one [`DeferredProcessor`](crate::DeferredProcessor) is run. It has no retries in place: the
/// verdict is final.
///
/// ```
/// use s3_sqs_processor::DeferredOptions;
/// use std::time::Duration;
///
/// let patience = Duration::from_secs(5);
/// let options = DeferredOptions::default().concurrency(2_000).accept_timeout(patience);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct DeferredOptions {
    pub(crate) concurrency: usize,
    pub(crate) accept_timeout: Option<Duration>,
    pub(crate) verdict_timeout: Option<Duration>,
}

impl Default for DeferredOptions {
    fn default() -> Self {
        Self { concurrency: 10_000, accept_timeout: Some(DEFAULT_TIMEOUT), verdict_timeout: None }
    }
}

impl DeferredOptions {
    /// How many records may be without a verdict at once.
    ///
    /// Default: 10,000. Bounds: 1 to 1,000,000. What the processor keeps of each (a copy, say)
    /// takes memory.
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records;
        self
    }

    /// How long taking over one record may take (not its verdict). After that its future is
    /// dropped.
    ///
    /// Default: 60 s. Bounds: 1 ms to 12 h. See [`no_accept_timeout`](Self::no_accept_timeout).
    pub fn accept_timeout(mut self, timeout: Duration) -> Self {
        self.accept_timeout = Some(timeout);
        self
    }

    /// Lets taking over a record take as long as the message can be held: 12 hours.
    pub fn no_accept_timeout(mut self) -> Self {
        self.accept_timeout = None;
        self
    }

    /// How long a verdict may take, from when the record was taken over. After that the record has
    /// failed, and its place is free; a verdict that comes later is ignored and counted
    /// ([`ProcessorStats::late`](crate::ProcessorStats::late)).
    ///
    /// Default: none; a record without a verdict is waited for as long as its message can be held:
    /// 12 hours. Bounds: 1 ms to 12 h.
    pub fn verdict_timeout(mut self, timeout: Duration) -> Self {
        self.verdict_timeout = Some(timeout);
        self
    }

    /// Lets a verdict take as long as the message can be held: the default.
    pub fn no_verdict_timeout(mut self) -> Self {
        self.verdict_timeout = None;
        self
    }

    pub(crate) fn check(&self, name: &str) -> Result<(), BuildError> {
        check_count(name, "concurrency", self.concurrency, 1_000_000)?;
        check_timeout(name, "verdict_timeout", self.verdict_timeout)?;
        check_timeout(name, "accept_timeout", self.accept_timeout)
    }
}

fn refuse(message: String) -> Result<(), BuildError> {
    Err(BuildError::new(BuildErrorKind::Processor, message))
}

fn check_count(name: &str, what: &str, count: usize, most: usize) -> Result<(), BuildError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    refuse(format!("processor `{name}`: {what} is {count}; it must be 1 to {most}"))
}

fn check_timeout(name: &str, what: &str, timeout: Option<Duration>) -> Result<(), BuildError> {
    let bounds = Duration::from_millis(1)..=MAX_TOTAL;
    match timeout.filter(|timeout| !bounds.contains(timeout)) {
        None => Ok(()),
        Some(timeout) => refuse(format!(
            "processor `{name}`: {what} is {timeout:?}; it must be 1 ms to 12 h (`no_{what}` sets \
             none)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_bounds_options_name_the_processor() {
        let too_long = Duration::from_secs(50_000);
        let refused = [
            ProcessorOptions::default().concurrency(0).check("audit"),
            ProcessorOptions::default().concurrency(65_537).check("audit"),
            ProcessorOptions::default().timeout(Duration::ZERO).check("audit"),
            ProcessorOptions::default().timeout(too_long).check("audit"),
            BatchOptions::default().max_records(0).check("audit", &Limits::default()),
            BatchOptions::default().max_bytes(0).check("audit", &Limits::default()),
            BatchOptions::default().max_bytes((32 << 20) + 1).check("audit", &Limits::default()),
            BatchOptions::default().concurrency(0).check("audit", &Limits::default()),
            BatchOptions::default().max_wait(too_long).check("audit", &Limits::default()),
            BatchOptions::default().timeout(too_long).check("audit", &Limits::default()),
            DeferredOptions::default().concurrency(0).check("audit"),
            DeferredOptions::default().accept_timeout(too_long).check("audit"),
            DeferredOptions::default().verdict_timeout(too_long).check("audit"),
        ];
        for outcome in refused {
            assert!(outcome.expect_err("out of bounds").to_string().contains("`audit`"));
        }
        assert!(ProcessorOptions::default().no_timeout().check("audit").is_ok());
        assert!(BatchOptions::default().no_timeout().check("audit", &Limits::default()).is_ok());
        let large = BatchOptions::default().max_bytes(32 << 20);
        assert!(large.check("audit", &Limits::default()).is_ok());
        assert!(DeferredOptions::default().no_accept_timeout().check("audit").is_ok());
    }
}

use crate::error::{BuildError, BuildErrorKind};

/// What a pipeline may hold at once, and what an object may be.
///
/// ```
/// use s3_sqs_processor::Limits;
///
/// let limits = Limits::default().messages(200).record_bytes(1024 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Limits {
    pub(crate) messages: usize,
    pub(crate) buffered_bytes: usize,
    pub(crate) record_bytes: usize,
    pub(crate) object_bytes: u64,
    pub(crate) ratio: u32,
    pub(crate) failed_records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages: 100,
            buffered_bytes: 32 << 20,
            record_bytes: 16 << 20,
            object_bytes: 64 << 30,
            ratio: 1_000,
            failed_records: 1_000,
        }
    }
}

impl Limits {
    /// How many messages are held at once: received, and neither deleted nor given back.
    ///
    /// Default: 100. Bounds: 1 to 100,000. A message is not received without a free slot. SQS lets a standard queue have
    /// about 120,000 messages in flight over all its consumers (Amazon SQS Developer Guide, "quotas").
    pub fn messages(mut self, messages: usize) -> Self {
        self.messages = messages;
        self
    }

    /// How many bytes the objects being read may hold together, decoded and not yet processed.
    ///
    /// Default: 32 MiB. Bounds: 1 MiB and up. An object reserves the most it may hold (four buffers of 64 KiB to 1 MiB,
    /// by its size) before it is opened, so this also says how many objects are read side by side. One that needs more
    /// than the whole limit runs alone. A record larger than a buffer may go beyond it by `record_bytes`.
    pub fn buffered_bytes(mut self, bytes: usize) -> Self {
        self.buffered_bytes = bytes;
        self
    }

    /// How large one record may be.
    ///
    /// Default: 16 MiB (Firehose takes records of up to 1,000 KiB, Kinesis Data Streams of up to 10 MiB). Bounds: 1 byte
    /// to 1 GiB. A larger one is a failed record; memory stays bounded.
    pub fn record_bytes(mut self, bytes: usize) -> Self {
        self.record_bytes = bytes;
        self
    }

    /// How large an object may be, decompressed.
    ///
    /// Default: 64 GiB. Bounds: 1 byte and up. A larger object fails: it is taken for a decompression bomb.
    pub fn object_bytes(mut self, bytes: u64) -> Self {
        self.object_bytes = bytes;
        self
    }

    /// How many bytes one compressed byte may decompress to, over the object as a whole.
    ///
    /// Default: 1,000 (gzip cannot go beyond 1,032; logs reach 5 to 30). Bounds: 1 and up. An object above it fails.
    pub fn ratio(mut self, ratio: u32) -> Self {
        self.ratio = ratio;
        self
    }

    /// How many records of one object may fail before the rest of its message is cut short.
    ///
    /// Default: 1,000. Bounds: 1 and up. Below it every record is still handed to every processor, so that one bad
    /// record costs one record.
    pub fn failed_records(mut self, records: u64) -> Self {
        self.failed_records = records;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let refuse = |message: &str| Err(BuildError::new(BuildErrorKind::Setting, message));
        if !(1..=100_000).contains(&self.messages) {
            return refuse("limits.messages must be 1 to 100,000");
        }
        if self.buffered_bytes < 1 << 20 {
            return refuse("limits.buffered_bytes must be at least 1 MiB");
        }
        if !(1..=1 << 30).contains(&self.record_bytes) {
            return refuse("limits.record_bytes must be 1 byte to 1 GiB");
        }
        if self.object_bytes == 0 || self.ratio == 0 || self.failed_records == 0 {
            return refuse("limits.object_bytes, limits.ratio and limits.failed_records must be at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let bad = [
            (Limits::default().messages(0), "messages"),
            (Limits::default().buffered_bytes(1), "buffered_bytes"),
            (Limits::default().record_bytes(0), "record_bytes"),
            (Limits::default().object_bytes(0), "object_bytes"),
            (Limits::default().ratio(0), "ratio"),
            (Limits::default().failed_records(0), "failed_records"),
        ];
        for (limits, name) in bad {
            assert!(limits.check().expect_err(name).to_string().contains(name));
        }
        assert!(Limits::default().check().is_ok());
    }
}

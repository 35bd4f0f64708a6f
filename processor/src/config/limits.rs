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
    /// `None`: the codec's own.
    pub(crate) compression_ratio: Option<u32>,
    pub(crate) failed_records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages: 100,
            buffered_bytes: 32 << 20,
            record_bytes: 16 << 20,
            object_bytes: 64 << 30,
            compression_ratio: None,
            failed_records: 1_000,
        }
    }
}

impl Limits {
    /// How many messages are held at once: received, and neither deleted nor given back.
    ///
    /// Default: 100. Bounds: 1 to 100,000. Raise it where objects are small and the queue is long;
    /// a lower one bounds what a crash costs. It is only the upper bound: a message is received
    /// when it can be begun soon, so that instances share a queue. What waits for the end of an
    /// outage takes no slot.
    ///
    /// SQS lets a standard queue have about 120,000 messages in flight over all its consumers
    /// (Amazon SQS Developer Guide, "Amazon SQS message quotas").
    pub fn messages(mut self, messages: usize) -> Self {
        self.messages = messages;
        self
    }

    /// How many bytes the objects being read may hold together, decoded and not yet processed.
    ///
    /// Default: 32 MiB. Bounds: 256 KiB and up. A quarter is in places of 64 KiB: each open object
    /// has one, so this also says how many objects are read side by side (128). What an object
    /// takes beyond (a larger buffer, up to three more) it takes where there is enough, and never
    /// waits for. A decoder that asks for memory gets it from here as well, and fails its object if
    /// it asks for more than there is. Not counted: a record larger than its buffer (up to
    /// `record_bytes`), and the buffer in the hands of a decoder that waits for memory.
    pub fn buffered_bytes(mut self, bytes: usize) -> Self {
        self.buffered_bytes = bytes;
        self
    }

    /// How large one record may be.
    ///
    /// Default: 16 MiB (Firehose takes records of up to 1,000 KiB, Kinesis Data Streams of up to 10
    /// MiB). Bounds: 1 byte to 1 GiB. A larger one is a failed record; memory stays bounded.
    pub fn record_bytes(mut self, bytes: usize) -> Self {
        self.record_bytes = bytes;
        self
    }

    /// How large an object may be, decompressed.
    ///
    /// Default: 64 GiB. Bounds: 1 byte and up. A larger object fails: it is taken for a
    /// decompression bomb.
    pub fn object_bytes(mut self, bytes: u64) -> Self {
        self.object_bytes = bytes;
        self
    }

    /// How many bytes one compressed byte may decompress to, over the object as a whole.
    ///
    /// Default: by the codec; 1,000 for gzip (which cannot go beyond 1,032; logs reach 5 to 30),
    /// 16,000 for zstd (which reaches 32,000). Bounds: 1 and up. An object above it fails. Looked
    /// at from 1 MiB of output on.
    pub fn compression_ratio(mut self, ratio: u32) -> Self {
        self.compression_ratio = Some(ratio);
        self
    }

    /// How many records of one object may fail before the rest of its message is cut short.
    ///
    /// Default: 1,000. Bounds: 1 and up. Below it every record is still handed to every processor,
    /// so that one bad record costs one record.
    pub fn failed_records(mut self, records: u64) -> Self {
        self.failed_records = records;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let ratio = self.compression_ratio.unwrap_or(1).into();
        let bounds = [
            ("messages", self.messages as u64, 1..=100_000, "1 to 100,000"),
            (
                "buffered_bytes",
                self.buffered_bytes as u64,
                256 << 10..=u64::MAX,
                "at least 256 KiB (262,144)",
            ),
            ("record_bytes", self.record_bytes as u64, 1..=1 << 30, "1 to 1 GiB (1,073,741,824)"),
            ("object_bytes", self.object_bytes, 1..=u64::MAX, "at least 1"),
            ("compression_ratio", ratio, 1..=u64::MAX, "at least 1"),
            ("failed_records", self.failed_records, 1..=u64::MAX, "at least 1"),
        ];
        match bounds.into_iter().find(|(_, value, bounds, _)| !bounds.contains(value)) {
            Some((name, value, _, wanted)) => {
                let message = format!("limits.{name} is {value}; it must be {wanted}");
                Err(BuildError::new(BuildErrorKind::Setting, message))
            }
            None => Ok(()),
        }
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
            (Limits::default().compression_ratio(0), "compression_ratio"),
            (Limits::default().failed_records(0), "failed_records"),
        ];
        for (limits, name) in bad {
            assert!(limits.check().expect_err(name).to_string().contains(name));
        }
        assert!(Limits::default().check().is_ok());
    }
}

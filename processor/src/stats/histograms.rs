use metrics::{Histogram, Label, Unit};
use std::{fmt, time::Duration};

/// How long things took, and how large they were. Told to the recorder at once, on threads that
/// may wait for it.
pub(crate) struct Timing {
    lag: Histogram,
    first_byte: Histogram,
    object: Histogram,
    attempts: Histogram,
    processors: Vec<Processor>,
}

struct Processor {
    took: Histogram,
    batch: Histogram,
}

impl Timing {
    pub(super) fn new(labels: &[Label], processors: &[&str]) -> Self {
        let histogram = |name: &'static str, unit, text: &'static str, labels: &[Label]| {
            metrics::describe_histogram!(name, unit, text);
            metrics::histogram!(name, labels.to_vec())
        };
        let processor = |name: &&str| {
            let label = Label::new("processor", (*name).to_owned());
            let labels: Vec<_> = labels.iter().cloned().chain([label]).collect();
            Processor {
                took: histogram(
                    "s3_sqs_processor_seconds",
                    Unit::Seconds,
                    "How long a record takes that is done and was not done at once, one in 64; of \
                     a batch processor each try of a batch.",
                    &labels,
                ),
                batch: histogram(
                    "s3_sqs_processor_batch_records",
                    Unit::Count,
                    "Records in each try of a batch.",
                    &labels,
                ),
            }
        };
        Self {
            lag: histogram(
                "s3_sqs_message_lag_seconds",
                Unit::Seconds,
                "From when a message was sent to when the work on one of its objects begins, at \
                 its first delivery.",
                labels,
            ),
            first_byte: histogram(
                "s3_sqs_object_first_byte_seconds",
                Unit::Seconds,
                "From a request for an object to its first byte.",
                labels,
            ),
            object: histogram(
                "s3_sqs_object_seconds",
                Unit::Seconds,
                "From when the work on an object begins to its end: done or failed.",
                labels,
            ),
            attempts: histogram(
                "s3_sqs_object_deliveries",
                Unit::Count,
                "How many times the message of an object that is done was received.",
                labels,
            ),
            processors: processors.iter().map(processor).collect(),
        }
    }

    pub(crate) fn lagged(&self, lag: Duration) {
        self.lag.record(lag);
    }

    pub(crate) fn first_byte(&self, took: Duration) {
        self.first_byte.record(took);
    }

    /// An object came to its end; done in the so manyth delivery, if it was.
    pub(crate) fn object(&self, took: Duration, done_at: Option<u32>) {
        self.object.record(took);
        done_at.into_iter().for_each(|delivery| self.attempts.record(delivery));
    }

    pub(crate) fn record(&self, processor: usize, took: Duration) {
        self.processors[processor].took.record(took);
    }

    pub(crate) fn batch(&self, processor: usize, records: usize, took: Duration) {
        self.processors[processor].took.record(took);
        self.processors[processor].batch.record(records as f64);
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timing")
    }
}

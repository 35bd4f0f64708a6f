use metrics::{Label, Unit};
use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// What there is now, of what a running pipeline has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Levels {
    /// Objects that wait for room.
    pub(crate) waiting: u64,
    /// Messages of which an object is held by a breaker.
    pub(crate) parked: u64,
    /// Objects that are worked on, and since when the oldest is.
    pub(crate) in_flight: u64,
    pub(crate) oldest_seconds: f64,
    /// Bytes of the budget that are in use.
    pub(crate) buffered_bytes: u64,
    /// Places of each processor's concurrency that are in use.
    pub(crate) in_use: Vec<u64>,
}

/// All gauges of a pipeline.
pub(super) struct Gauges {
    held: Gauge,
    waiting: Gauge,
    parked: Gauge,
    in_flight: Gauge,
    oldest: Gauge,
    buffered: Gauge,
    outages: Gauge,
    in_use: Vec<Gauge>,
    levels: OnceLock<Box<dyn Fn() -> Levels + Send + Sync>>,
}

/// A number of things there are now, exported as counters are: by its changes, because pipelines
/// of one queue share it.
struct Gauge {
    told: AtomicU64,
    recorded: metrics::Gauge,
}

impl Gauge {
    fn new(name: &'static str, unit: Unit, text: &'static str, labels: &[Label]) -> Self {
        metrics::describe_gauge!(name, unit, text);
        Self { told: AtomicU64::new(0), recorded: metrics::gauge!(name, labels.to_vec()) }
    }

    fn export(&self, now: f64) {
        let told = f64::from_bits(self.told.swap(now.to_bits(), Relaxed));
        self.recorded.increment(now - told);
    }
}

impl Gauges {
    pub(super) fn new(labels: &[Label], processors: &[&str]) -> Self {
        let gauge = |name, text| Gauge::new(name, Unit::Count, text, labels);
        let in_use = |name: &&str| {
            let label = Label::new("processor", (*name).to_owned());
            let labels: Vec<_> = labels.iter().cloned().chain([label]).collect();
            let text = "Places of the processor's concurrency that are in use.";
            Gauge::new("s3_sqs_processor_in_use", Unit::Count, text, &labels)
        };
        Self {
            held: gauge(
                "s3_sqs_messages_held",
                "Messages received, and neither deleted nor given back.",
            ),
            waiting: gauge(
                "s3_sqs_objects_waiting",
                "Objects that wait for room: for bytes, a disk, or a processor to begin.",
            ),
            parked: gauge(
                "s3_sqs_messages_parked",
                "Messages of which an object waits for the end of an outage: they take no slot.",
            ),
            in_flight: gauge(
                "s3_sqs_objects_in_flight",
                "Objects of the messages held that are worked on, or wait to be.",
            ),
            oldest: Gauge::new(
                "s3_sqs_objects_oldest_seconds",
                Unit::Seconds,
                "Age of the oldest object in flight.",
                labels,
            ),
            buffered: Gauge::new(
                "s3_sqs_objects_buffered_bytes",
                Unit::Bytes,
                "Bytes of limits.buffered_bytes that are in use.",
                labels,
            ),
            outages: gauge("s3_sqs_outages", "Outages that last."),
            in_use: processors.iter().map(in_use).collect(),
            levels: OnceLock::new(),
        }
    }

    pub(super) fn watch(&self, levels: impl Fn() -> Levels + Send + Sync + 'static) {
        let _ = self.levels.set(Box::new(levels));
    }

    /// `is_last`: the pipeline has ended, and nothing is there any more.
    pub(super) fn export(&self, is_last: bool, held: u64, outages: u64) {
        let levels = self.levels.get().filter(|_| !is_last).map(|levels| levels());
        let Levels { waiting, parked, in_flight, oldest_seconds, buffered_bytes, in_use } =
            levels.unwrap_or_default();
        let now = |count: u64| if is_last { 0.0 } else { count as f64 };
        self.held.export(now(held));
        self.outages.export(now(outages));
        self.waiting.export(waiting as f64);
        self.parked.export(parked as f64);
        self.in_flight.export(in_flight as f64);
        self.oldest.export(oldest_seconds);
        self.buffered.export(buffered_bytes as f64);
        for (at, gauge) in self.in_use.iter().enumerate() {
            gauge.export(in_use.get(at).copied().unwrap_or_default() as f64);
        }
    }
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

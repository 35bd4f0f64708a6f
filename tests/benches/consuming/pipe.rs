//! A pipeline with processors that do nothing, or nothing but wait.

use aws_config::SdkConfig;
use s3_sqs_processor::{
    Context, Framing, Limits, Pipeline, ProcessError, ProcessorOptions, Record, RecordProcessor,
};
use std::{hint::black_box, time::Duration};

/// The settings of a consuming pipeline; `None` is what the library has by default.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pipe {
    pub(crate) framing: Framing,
    /// So many that return at once.
    pub(crate) trivial: usize,
    /// So many that wait, this long with every record.
    pub(crate) waiting: usize,
    pub(crate) latency: Duration,
    /// Records a processor works on at once.
    pub(crate) concurrency: Option<usize>,
    /// Messages held at once.
    pub(crate) slots: Option<usize>,
}

impl Pipe {
    /// With so many processors that return at once.
    pub(crate) fn trivial(framing: Framing, processors: usize) -> Self {
        Self { framing, trivial: processors, ..Self::default() }
    }

    /// With one processor that waits.
    pub(crate) fn waiting(framing: Framing, latency: Duration) -> Self {
        Self { framing, waiting: 1, latency, ..Self::default() }
    }

    pub(super) fn to_arguments(self) -> Vec<String> {
        let numbers = [
            self.trivial,
            self.waiting,
            self.latency.as_millis() as usize,
            self.concurrency.unwrap_or_default(),
            self.slots.unwrap_or_default(),
        ];
        [self.framing.to_string()]
            .into_iter()
            .chain(numbers.map(|number| number.to_string()))
            .collect()
    }

    pub(super) fn from_arguments([framing, numbers @ ..]: [&str; 6]) -> Self {
        let [trivial, waiting, latency, concurrency, slots] =
            numbers.map(|number| number.parse().unwrap());
        let set = |number| Some(number).filter(|number| *number > 0);
        Self {
            framing: framing.parse().unwrap(),
            trivial,
            waiting,
            latency: Duration::from_millis(latency as u64),
            concurrency: set(concurrency),
            slots: set(slots),
        }
    }

    pub(super) fn build(self, config: SdkConfig, queue_url: &str) -> Pipeline {
        let limits =
            self.slots.map_or_else(Limits::default, |slots| Limits::default().messages(slots));
        let mut options = ProcessorOptions::default();
        if let Some(records) = self.concurrency {
            options = options.concurrency(records);
        }
        let mut builder = Pipeline::builder()
            .queue_url(queue_url)
            .aws_config(config)
            .limits(limits)
            .decoder(self.framing);
        for number in 0..self.trivial {
            builder = builder.processor_with(format!("trivial-{number}"), options.clone(), Trivial);
        }
        for number in 0..self.waiting {
            builder = builder.processor_with(
                format!("waiting-{number}"),
                options.clone(),
                Wait(self.latency),
            );
        }
        builder.build().unwrap()
    }
}

struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(record.payload());
        Ok(())
    }
}

struct Wait(Duration);

impl RecordProcessor for Wait {
    async fn process(&self, _record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        tokio::time::sleep(self.0).await;
        Ok(())
    }
}

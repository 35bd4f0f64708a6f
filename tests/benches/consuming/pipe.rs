//! A pipeline with processors that do nothing, or nothing but wait.

use aws_config::SdkConfig;
use s3_sqs_processor::{
    Context, Format, Limits, Pipeline, ProcessError, ProcessorOptions, Record, RecordProcessor,
};
use std::{hint::black_box, time::Duration};

/// The settings of a consuming pipeline; `None` is what the library has by default.
#[derive(Clone, Copy)]
pub(crate) struct Pipe {
    /// The decoder's name.
    pub(crate) format: &'static str,
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

const FORMATS: [&str; 2] = ["json", "lines"];

impl Default for Pipe {
    fn default() -> Self {
        Self {
            format: FORMATS[0],
            trivial: 0,
            waiting: 0,
            latency: Duration::ZERO,
            concurrency: None,
            slots: None,
        }
    }
}

impl Pipe {
    /// With so many processors that return at once.
    pub(crate) fn trivial(format: &'static str, processors: usize) -> Self {
        Self { format, trivial: processors, ..Self::default() }
    }

    /// With one processor that waits.
    pub(crate) fn waiting(format: &'static str, latency: Duration) -> Self {
        Self { format, waiting: 1, latency, ..Self::default() }
    }

    pub(super) fn to_arguments(self) -> Vec<String> {
        let numbers = [
            self.trivial,
            self.waiting,
            self.latency.as_millis() as usize,
            self.concurrency.unwrap_or_default(),
            self.slots.unwrap_or_default(),
        ];
        [self.format.to_owned()]
            .into_iter()
            .chain(numbers.map(|number| number.to_string()))
            .collect()
    }

    pub(super) fn from_arguments([format, numbers @ ..]: [&str; 6]) -> Self {
        let [trivial, waiting, latency, concurrency, slots] =
            numbers.map(|number| number.parse().unwrap());
        let set = |number| Some(number).filter(|number| *number > 0);
        Self {
            format: FORMATS.into_iter().find(|known| *known == format).unwrap(),
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
            .decoder(self.format.parse::<Format>().unwrap());
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

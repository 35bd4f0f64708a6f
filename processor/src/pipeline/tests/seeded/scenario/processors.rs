use super::{
    super::{
        super::SECOND,
        judge::{Judge, Role},
        worker::{Manner, Worker},
    },
    lead::Lead,
};
use crate::{
    BatchOptions, Builder, DeferredOptions, ProcessorOptions, Retry,
    testing::{Random, Trace},
};
use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

/// A processor, and how it is set up.
#[derive(Debug, Clone)]
pub(super) struct Processor {
    name: String,
    kind: Kind,
    concurrency: usize,
    timeout: Option<Duration>,
    retries: u32,
    max_records: usize,
    max_wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Record,
    Batch,
    Deferred,
}

impl Processor {
    pub(super) fn new(
        random: &mut Random,
        n: u64,
        lead: Option<Lead>,
        timeout: Option<Duration>,
    ) -> Self {
        let chosen =
            [Kind::Record, Kind::Record, Kind::Batch, Kind::Deferred][random.below(4) as usize];
        Self {
            name: format!("p{n}"),
            kind: match lead {
                Some(lead) if n == 0 && lead.is_deferred() => Kind::Deferred,
                Some(_) if n == 0 && chosen == Kind::Batch => Kind::Record,
                _ => chosen,
            },
            concurrency: 1 + random.below(8) as usize,
            timeout,
            retries: random.below(6).saturating_sub(3) as u32,
            max_records: 1 + random.below(40) as usize,
            max_wait: [Duration::ZERO, SECOND, 10 * SECOND][random.below(3) as usize],
        }
    }

    pub(super) fn role(&self) -> Role {
        let tries = match self.kind {
            Kind::Record => 1 + self.retries,
            // A batch that fails as a whole is halved, down to single records.
            Kind::Batch => 1 + self.retries + self.max_records.next_power_of_two().ilog2(),
            Kind::Deferred => 1,
        };
        Role { name: self.name.clone(), is_counted: self.kind != Kind::Batch, tries }
    }

    pub(super) fn add_to(
        &self,
        builder: Builder,
        manner: &Manner,
        role: usize,
        judge: &Judge,
        trace: &Trace,
        settling: &Arc<AtomicUsize>,
    ) -> Builder {
        let worker = Worker::new(manner.clone(), role, self.concurrency, judge, trace, settling);
        let retry = Retry::times(self.retries).backoff(SECOND / 10, 5 * SECOND);
        match self.kind {
            Kind::Record => {
                let options =
                    ProcessorOptions::default().concurrency(self.concurrency).retry(retry);
                let options = match self.timeout {
                    Some(timeout) => options.timeout(timeout),
                    None => options.no_timeout(),
                };
                builder.processor_with(&self.name, options, worker)
            }
            Kind::Batch => {
                let options = BatchOptions::default()
                    .concurrency(self.concurrency)
                    .retry(retry)
                    .max_records(self.max_records)
                    .max_wait(self.max_wait);
                let options = match self.timeout {
                    Some(timeout) => options.timeout(timeout),
                    None => options.no_timeout(),
                };
                builder.batch_processor_with(&self.name, options, worker)
            }
            Kind::Deferred => {
                let options = DeferredOptions::default().concurrency(self.concurrency);
                let options = match self.timeout {
                    Some(timeout) => options.accept_timeout(timeout),
                    None => options.no_accept_timeout(),
                };
                builder.deferred_processor_with(&self.name, options, worker)
            }
        }
    }
}

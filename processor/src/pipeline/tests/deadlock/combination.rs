use super::{
    super::{SECOND, world::World},
    worker::{Gauge, Worker},
};
use crate::{
    BatchOptions, Builder, DeferredOptions, Limits, ProcessorOptions, Redelivery, Retry,
    testing::{ObjectFault, QueueSettings, Random, gzip},
};
use std::{collections::BTreeMap, time::Duration};

/// Processors, limits and objects, drawn from a seed.
#[derive(Debug)]
pub(super) struct Combination {
    pub(super) seed: u64,
    pub(super) slots: usize,
    buffered_bytes: usize,
    pub(super) failed_records: u64,
    max_receives: u32,
    redelivery: Redelivery,
    pub(super) processors: Vec<Processor>,
    /// The objects of each message.
    messages: Vec<Vec<Object>>,
}

#[derive(Debug, Clone)]
pub(super) struct Processor {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) concurrency: usize,
    timeout: Option<Duration>,
    retry: Retry,
    max_records: usize,
    max_bytes: usize,
    max_wait: Duration,
    pub(super) manner: Manner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Record,
    Batch,
    Deferred,
}

/// How a processor behaves, each so many times in a thousand.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    pub(super) seed: u64,
    pub(super) slow: u64,
    pub(super) slowness: Duration,
    pub(super) fail: u64,
    pub(super) panic: u64,
    pub(super) later: u64,
    pub(super) reject: u64,
}

#[derive(Debug, Clone)]
struct Object {
    key: String,
    records: u64,
    record_bytes: usize,
    gzip: bool,
    fault: Option<ObjectFault>,
}

/// One quite often: limits of one are where things get stuck.
fn limit(random: &mut Random, most: u64) -> usize {
    if random.chance(400) { 1 } else { 1 + random.below(most) as usize }
}

fn one_of<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u64) as usize]
}

impl Combination {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed ^ 0xdead_10cc);
        let longest = one_of(random, &[1, 60, 3_600]) * SECOND;
        Self {
            seed,
            slots: limit(random, 12),
            buffered_bytes: one_of(random, &[1 << 20, 1 << 20, 3 << 20, 32 << 20]),
            failed_records: one_of(random, &[1, 3, 1_000]),
            max_receives: 1 + random.below(4) as u32,
            redelivery: if random.chance(500) {
                Redelivery::backoff(SECOND.min(longest), longest)
            } else {
                Redelivery::after_visibility_timeout()
            },
            processors: (0..1 + random.below(4)).map(|n| Processor::new(random, n)).collect(),
            messages: (0..1 + random.below(6))
                .map(|message| {
                    (0..1 + random.below(3)).map(|n| Object::new(random, message, n)).collect()
                })
                .collect(),
        }
    }

    pub(super) fn world(&self) -> World {
        let settings =
            QueueSettings { max_receives: Some(self.max_receives), ..QueueSettings::default() };
        let world = World::with(settings);
        world.store.chunk_size(if self.seed.is_multiple_of(2) { 300 } else { 50_000 });
        world
    }

    pub(super) fn builder(&self, world: &World) -> (Builder, Vec<Gauge>) {
        let limits = Limits::default()
            .messages(self.slots)
            .buffered_bytes(self.buffered_bytes)
            .failed_records(self.failed_records);
        let mut builder = world.builder().limits(limits).redelivery(self.redelivery.clone());
        let mut gauges = Vec::new();
        for processor in &self.processors {
            let worker = Worker::new(processor, world.trace.clone());
            gauges.push(worker.gauge.clone());
            builder = processor.add_to(builder, worker);
        }
        (builder, gauges)
    }

    /// Sends every message; of each, the records that have to be done.
    pub(super) fn send(&self, world: &World) -> BTreeMap<String, Vec<(String, u64)>> {
        let send = |objects: &Vec<Object>| {
            let announced: Vec<_> = objects.iter().map(|object| object.put(world)).collect();
            let records = objects
                .iter()
                .flat_map(|object| (0..object.records).map(|n| (object.key.clone(), n)));
            (world.announce(&announced), records.collect())
        };
        self.messages.iter().map(send).collect()
    }

    /// How many objects the byte budget can have open at once, at the most.
    pub(super) fn most_open(&self) -> usize {
        self.buffered_bytes / (256 << 10)
    }
}

impl Processor {
    fn new(random: &mut Random, n: u64) -> Self {
        let rare = |random: &mut Random| one_of(random, &[0, 0, 20, 200]);
        Self {
            name: format!("p{n}"),
            kind: one_of(random, &[Kind::Record, Kind::Batch, Kind::Deferred]),
            concurrency: limit(random, 20),
            timeout: random.chance(300).then_some(30 * SECOND),
            retry: Retry::times(random.below(3) as u32)
                .backoff(SECOND / 10, 20 * SECOND)
                .keep_place(random.chance(500)),
            max_records: limit(random, 40),
            max_bytes: one_of(random, &[1, 50, 10_000]),
            max_wait: one_of(random, &[Duration::ZERO, SECOND, 100 * SECOND]),
            manner: Manner {
                seed: random.next(),
                slow: one_of(random, &[0, 100, 1_000]),
                slowness: one_of(random, &[SECOND / 10, SECOND, 20 * SECOND]),
                fail: rare(random),
                panic: rare(random),
                later: rare(random),
                reject: rare(random),
            },
        }
    }

    fn add_to(&self, builder: Builder, worker: Worker) -> Builder {
        match self.kind {
            Kind::Record => {
                let options = ProcessorOptions::default()
                    .concurrency(self.concurrency)
                    .retry(self.retry.clone());
                let options = match self.timeout {
                    Some(timeout) => options.timeout(timeout),
                    None => options.no_timeout(),
                };
                builder.processor_with(&self.name, options, worker)
            }
            Kind::Batch => {
                let options = BatchOptions::default()
                    .concurrency(self.concurrency)
                    .retry(self.retry.clone())
                    .max_records(self.max_records)
                    .max_bytes(self.max_bytes)
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

impl Object {
    fn new(random: &mut Random, message: u64, n: u64) -> Self {
        // Seldom larger than the smallest budget as a whole.
        let (records, record_bytes) = match random.below(60) {
            0 => (30, 50_000),
            1..6 => (random.below(300), 20),
            _ => (random.below(20), 20),
        };
        let fault = random
            .chance(100)
            .then(|| one_of(random, &[ObjectFault::Missing, ObjectFault::Break(100)]));
        Self {
            key: format!("{message}/{n}"),
            records,
            record_bytes,
            gzip: random.chance(300),
            fault,
        }
    }

    fn put(&self, world: &World) -> crate::testing::Announced {
        if let Some(fault) = self.fault {
            world.store.fail(&self.key, fault, 1);
        }
        let text = format!("\"{}\"", "x".repeat(self.record_bytes))
            .repeat(self.records as usize)
            .into_bytes();
        world.store.put(&self.key, if self.gzip { gzip(&text) } else { text })
    }
}

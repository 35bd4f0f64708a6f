use super::super::{
    SECOND,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Builder, Lease, Limits, ProcessorOptions,
    port::PortErrorKind,
    testing::{Chaos, Fault, MemoryQueue, ObjectFault, Op, QueueSettings, Random, gzip, ndjson, undelimited},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// One random case, drawn from a seed before anything runs.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) seed: u64,
    pub(super) visibility_timeout: Duration,
    pub(super) max_receives: u32,
    pub(super) slots: usize,
    pub(super) concurrency: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) processors: Vec<String>,
    pub(super) messages: Vec<Message>,
    /// Requests, reads and processors go wrong.
    pub(super) faults: Option<Chaos>,
    /// Everything fails for a while.
    pub(super) outage: Option<Outage>,
    /// The first run is stopped after so long, and another one takes over.
    pub(super) stop: Option<(Duration, Stop)>,
}

#[derive(Debug, Clone)]
pub(super) struct Outage {
    at: Duration,
    lasts: Duration,
    kind: PortErrorKind,
    /// Of the queue too.
    both: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Drain,
    Abort,
    Drop,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) at: Duration,
    pub(super) body: Body,
    /// The service delivers it once more although it is in flight, so long after it was sent.
    pub(super) again: Option<Duration>,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Objects(Vec<Object>),
    Unreadable,
    Empty,
}

#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) records: u64,
    gzip: bool,
    /// Cut off inside the last gzip member: it never decodes to its end.
    pub(super) damaged: bool,
    fault: Option<(ObjectFault, usize)>,
}

impl Scenario {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let faulty = random.chance(700);
        let visibility_timeout = [4, 10, 30][random.below(3) as usize] * SECOND;
        let messages = (0..1 + random.below(12)).map(|n| Message::new(&mut random, n, faulty)).collect();
        Self {
            seed,
            visibility_timeout,
            max_receives: 3 + random.below(4) as u32,
            slots: 1 + random.below(12) as usize,
            concurrency: 1 + random.below(8) as usize,
            timeout: (faulty && random.chance(500)).then_some(5 * SECOND),
            processors: (0..1 + random.below(3)).map(|n| format!("p{n}")).collect(),
            messages,
            faults: faulty.then(|| Chaos {
                refuse: random.below(100),
                lose: random.below(60),
                unanswered: random.below(60),
                entries: random.below(150),
                duplicate: random.below(150),
                latency: Duration::from_millis(random.below(500)),
            }),
            outage: Outage::new(&mut Random::new(seed ^ 0x6f75_7461_6765)),
            stop: random.chance(400).then(|| {
                let stop = [Stop::Drain, Stop::Abort, Stop::Drop][random.below(3) as usize];
                (random.duration(40 * SECOND), stop)
            }),
        }
    }

    /// Nothing goes wrong but records, and nobody stops it.
    pub(super) fn is_calm(&self) -> bool {
        self.faults.is_none() && self.stop.is_none() && self.outage.is_none()
    }

    pub(super) fn world(&self) -> World {
        let world = World::with(QueueSettings {
            visibility_timeout: self.visibility_timeout,
            max_receives: Some(self.max_receives),
            ignores_stale_deletes: self.seed.is_multiple_of(2),
        });
        world.store.chunk_size(1 + (self.seed % 200) as usize);
        world.queue.chaos(self.faults.clone(), self.seed);
        world
    }

    pub(super) fn builder(&self, world: &World) -> Builder {
        let limits = Limits::default().messages(self.slots).buffered_bytes(1 << (20 + self.seed % 3));
        let builder = world
            .builder()
            .limits(limits)
            .lease(Lease::default().visibility_timeout(self.visibility_timeout))
            .drain_timeout(Duration::from_secs(self.seed % 25));
        let mut options = ProcessorOptions::default().concurrency(self.concurrency).no_timeout();
        if let Some(timeout) = self.timeout {
            options = options.timeout(timeout);
        }
        let scenario = Arc::new(self.clone());
        self.processors.iter().fold(builder, |builder, name| {
            let scenario = Arc::clone(&scenario);
            builder.processor_with(name, options.clone(), world.probe(name, move |seen| scenario.act(seen)))
        })
    }

    /// What a processor does with a record does not depend on what happened before.
    fn act(&self, seen: &Seen) -> Act {
        let text = format!("{}/{}/{}/{}", seen.processor, seen.key, seen.index, seen.receive_count);
        let hash = text.bytes().fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut random = Random::new(hash);
        match random.below(1_000) {
            0..700 => Act::Done,
            700..950 => Act::Take(random.duration(SECOND)),
            950..965 => Act::Take(random.duration(3 * self.visibility_timeout)),
            965..985 => Act::Fail,
            985..990 => Act::Reject,
            990..995 => Act::TakeAndFail(random.duration(5 * SECOND)),
            995..998 => Act::RetryAfter(random.duration(20 * SECOND)),
            _ => Act::Panic,
        }
    }

    /// Sends every message at its time, and says which message is which.
    pub(super) async fn send(&self, world: &World) -> BTreeMap<String, Body> {
        let mut sent = BTreeMap::new();
        let began = tokio::time::Instant::now();
        for message in &self.messages {
            tokio::time::sleep_until(began + message.at).await;
            let name = match &message.body {
                Body::Objects(objects) => {
                    world.announce(&objects.iter().map(|object| object.put(world)).collect::<Vec<_>>())
                }
                Body::Unreadable => world.queue.send("neither this nor that"),
                Body::Empty => world.queue.send(crate::testing::test_event()),
            };
            if let Some(delay) = message.again {
                tokio::spawn(deliver_again(world.queue.clone(), name.clone(), delay));
            }
            sent.insert(name, message.body.clone());
        }
        sent
    }
}

impl Outage {
    fn new(random: &mut Random) -> Option<Self> {
        let kinds =
            [PortErrorKind::Transient, PortErrorKind::Throttled, PortErrorKind::Denied, PortErrorKind::Credentials];
        let longest = [60, 3_600, 50_000][random.below(3) as usize] * SECOND;
        random.chance(400).then(|| Self {
            at: random.duration(10 * SECOND),
            lasts: random.duration(longest),
            kind: kinds[random.below(4) as usize],
            both: random.chance(300),
        })
    }

    /// Begins and ends, each at its time.
    pub(super) async fn pass(&self, world: &World) {
        let requests = [Op::Receive, Op::Change, Op::Delete];
        tokio::time::sleep(self.at).await;
        world.store.cut(self.kind == PortErrorKind::Transient);
        world.store.refuse("", self.kind);
        for op in requests.into_iter().filter(|_| self.both) {
            world.queue.fail_always(op, Fault::Refuse(self.kind));
        }
        tokio::time::sleep(self.lasts).await;
        world.store.cut(false);
        requests.into_iter().for_each(|op| world.queue.recover(op));
    }
}

async fn deliver_again(queue: MemoryQueue, message: String, delay: Duration) {
    tokio::time::sleep(delay).await;
    queue.deliver_again(&message);
}

impl Message {
    fn new(random: &mut Random, n: u64, faulty: bool) -> Self {
        let body = match random.below(20) {
            0 => Body::Unreadable,
            1 => Body::Empty,
            _ => Body::Objects((0..1 + random.below(3)).map(|at| Object::new(random, n, at, faulty)).collect()),
        };
        let again = (faulty && random.chance(150)).then(|| random.duration(20 * SECOND));
        Self { at: Duration::from_millis(n * random.below(2_000)), body, again }
    }
}

impl Object {
    fn new(random: &mut Random, message: u64, at: u64, faulty: bool) -> Self {
        let gzip = random.chance(500);
        Self {
            key: format!("{message}/{at} +%.json"),
            records: random.below(30),
            gzip,
            damaged: gzip && random.chance(50),
            fault: (faulty && random.chance(150)).then(|| (fault(random), 1 + random.below(2) as usize)),
        }
    }

    fn put(&self, world: &World) -> crate::testing::Announced {
        let records = self.records as usize;
        let plain = if self.records.is_multiple_of(2) { undelimited(records) } else { ndjson(records) };
        let mut bytes = if self.gzip { gzip(plain.as_bytes()) } else { plain.into_bytes() };
        if self.damaged {
            bytes.truncate(bytes.len() - 5);
        }
        if let Some((fault, times)) = self.fault {
            world.store.fail(&self.key, fault, times);
        }
        world.store.put(&self.key, bytes)
    }
}

fn fault(random: &mut Random) -> ObjectFault {
    let at = random.below(60) as usize;
    let delay = random.duration(20 * SECOND);
    [
        ObjectFault::Missing,
        ObjectFault::Denied,
        ObjectFault::Unavailable,
        ObjectFault::SlowOpen(delay),
        ObjectFault::Break(at),
        ObjectFault::Short(at),
        ObjectFault::Stall(at, delay),
        ObjectFault::SlowChunks(delay / 20),
        ObjectFault::Panic,
    ][random.below(9) as usize]
}

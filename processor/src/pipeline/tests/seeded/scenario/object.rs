use super::{
    super::{
        super::{SECOND, world::World},
        judge::Judge,
        table::Phase,
        truth::Version,
    },
    lead::Lead,
};
use crate::testing::{Announced, ObjectFault, Random, gzip};
use std::time::Duration;

#[derive(Debug, Clone)]
pub(in super::super) struct Message {
    pub(in super::super) at: Duration,
    pub(in super::super) body: Body,
    /// The service delivers it once more although it is in flight, so long after it was sent.
    pub(in super::super) again: Option<Duration>,
}

#[derive(Debug, Clone)]
pub(in super::super) enum Body {
    Objects(Vec<Object>),
    Unreadable,
    Empty,
    /// What the message before it announces.
    Copy,
}

#[derive(Debug, Clone)]
pub(in super::super) struct Object {
    pub(in super::super) key: String,
    records: usize,
    /// So many bytes more in each record.
    padding: usize,
    gzip: bool,
    /// Cut off inside the last gzip member: it never decodes to its end.
    pub(in super::super) is_damaged: bool,
    faults: Vec<ObjectFault>,
}

impl Message {
    pub(super) fn new(random: &mut Random, n: u64, lead: Option<Lead>) -> Self {
        let body = match random.below(26) {
            0 if n > 0 => Body::Unreadable,
            1 if n > 0 => Body::Empty,
            2 | 3 if n > 0 => Body::Copy,
            _ => Body::Objects(
                (0..1 + random.below(3)).map(|at| Object::new(random, n, at, lead)).collect(),
            ),
        };
        let again = (lead.is_some() && random.chance(100)).then(|| random.duration(20 * SECOND));
        Self { at: Duration::from_millis(n * random.below(2_000)), body, again }
    }

    pub(in super::super) fn objects(&self) -> &[Object] {
        match &self.body {
            Body::Objects(objects) => objects,
            _ => &[],
        }
    }
}

impl Object {
    fn new(random: &mut Random, message: u64, at: u64, lead: Option<Lead>) -> Self {
        let led = lead.filter(|_| message < 3 && at == 0).and_then(Lead::of_store);
        // Several buffers of 64 KiB, though it is small in the store.
        let is_large = led.is_none() && random.chance(60);
        let needs_records = led.is_some() || (message == 0 && at == 0 && lead.is_some());
        let gzip = is_large || random.chance(500);
        let faults = match (led, lead) {
            (Some(led), _) => led,
            // What is to strike while it is read needs the time to do so.
            (None, Some(lead))
                if at == 0 && lead.is_brought_about() && lead.phase == Phase::Reading =>
            {
                vec![ObjectFault::SlowChunks(SECOND / 2)]
            }
            _ if is_large => vec![ObjectFault::SlowChunks(random.duration(SECOND)); 3],
            (None, Some(lead)) => lead.by_chance(random),
            (None, None) => Vec::new(),
        };
        Self {
            key: format!("{message}/{at} +%.json"),
            records: if is_large {
                120
            } else {
                random.below(25) as usize + usize::from(needs_records) * 5
            },
            padding: if is_large { 2_500 } else { 0 },
            gzip,
            is_damaged: gzip && !needs_records && random.chance(50),
            faults,
        }
    }

    pub(in super::super) fn is_readable(&self) -> bool {
        self.faults.is_empty() && !self.is_damaged
    }

    /// A request for it is told that it is not there.
    pub(in super::super) fn is_missing_once(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault, ObjectFault::Missing))
    }

    pub(in super::super) fn records(&self) -> usize {
        self.records
    }

    /// Writes the object; `edition` 0 is the first.
    pub(in super::super) fn put(&self, world: &World, judge: &Judge, edition: u64) -> Announced {
        let mut plain = Vec::new();
        let mut records = Vec::new();
        for n in 0..self.records {
            let begin = plain.len();
            let padding = "x".repeat(self.padding);
            plain.extend_from_slice(
                format!("{{\"n\":{n},\"edition\":{edition},\"padding\":\"{padding}\"}}").as_bytes(),
            );
            records.push(begin..plain.len());
            if self.records.is_multiple_of(2) {
                plain.push(b'\n');
            }
        }
        let mut bytes = if self.gzip { gzip(&plain) } else { plain.clone() };
        if self.is_damaged {
            // In the trailer, or in the data.
            bytes.truncate(if self.records.is_multiple_of(2) {
                bytes.len() - 5
            } else {
                bytes.len() * 2 / 3
            });
        }
        if edition == 0 {
            world.store.fail_in_turn(&self.key, self.faults.iter().copied());
        }
        let announced = world.store.put(&self.key, bytes);
        let is_whole = !self.is_damaged;
        judge
            .written(&self.key, Version { etag: announced.etag.clone(), plain, records, is_whole });
        announced
    }
}

impl Lead {
    /// Records that take long enough for extensions to be due.
    pub(in super::super) fn needs_time(self) -> bool {
        matches!(self.phase, Phase::Extending | Phase::Draining | Phase::Deferred)
    }
}

pub(super) fn fault(random: &mut Random) -> ObjectFault {
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
        ObjectFault::Corrupt(at),
        ObjectFault::CorruptBreak(at, at + 1 + delay.subsec_millis() as usize % 20),
        ObjectFault::Checksum,
        ObjectFault::Panic,
    ][random.below(12) as usize]
}

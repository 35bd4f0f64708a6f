//! One random case, drawn from a seed before anything runs.

mod lead;
mod object;
mod processors;

use super::{
    super::{SECOND, world::World},
    finishing::Finishing,
    judge::{Judge, Role},
    quarantining::{Quarantined, Quarantining},
    remembering::{Remembered, Remembering},
    routing::Routing,
    spooling::Spooling,
    table::Phase,
    worker::Manner,
};
use crate::{
    Builder, Lease, Limits, Redelivery,
    port::PortErrorKind,
    testing::{Chaos, QueueSettings, Random},
};
pub(super) use lead::{Lead, Stop};
pub(super) use object::{Body, Message, Object};
use processors::Processor;
use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

/// What happens in a run: messages, processors, and what goes wrong.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) seed: u64,
    /// What this scenario is made to try, beside all that chance brings; `None`: nothing goes wrong
    /// but records.
    pub(super) lead: Option<Lead>,
    pub(super) visibility_timeout: Duration,
    pub(super) max_receives: u32,
    pub(super) slots: usize,
    buffered_bytes: usize,
    chunk: usize,
    latency: Duration,
    pub(super) drain_timeout: Duration,
    redelivery: Redelivery,
    processors: Vec<Processor>,
    pub(super) routing: Routing,
    pub(super) remembering: Remembering,
    pub(super) quarantining: Quarantining,
    finishing: Finishing,
    pub(super) spooling: Spooling,
    pub(super) messages: Vec<Message>,
    chaos: Option<Chaos>,
    pub(super) outage: Option<Outage>,
    /// How the first run ends; another one takes over.
    pub(super) stop: Option<Stop>,
    manner: Manner,
    /// The store does not tell how large objects are.
    hides_sizes: bool,
}

/// Everything fails for a while.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    pub(super) at: Duration,
    pub(super) lasts: Duration,
    pub(super) kind: PortErrorKind,
    /// Of the queue, too.
    pub(super) both: bool,
}

impl Scenario {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let lead = Lead::new(seed, random);
        let faulty = lead.is_some();
        let takes_days = random.chance(40);
        let visibility_timeout =
            if takes_days { 3_600 } else { [4, 10, 30][random.below(3) as usize] } * SECOND;
        let slow = lead.is_some_and(Lead::needs_time);
        let timeout = (faulty && !slow && random.chance(500)).then_some(5 * SECOND);
        let processors: Vec<_> =
            (0..1 + random.below(3)).map(|n| Processor::new(random, n, lead, timeout)).collect();
        let messages: Vec<_> =
            (0..1 + random.below(9)).map(|n| Message::new(random, n, lead)).collect();
        Self {
            seed,
            lead,
            visibility_timeout,
            max_receives: 3 + random.below(4) as u32,
            slots: 1
                + random.below(12) as usize
                + if lead.is_some_and(|lead| lead.needs_room()) { 9 } else { 0 },
            buffered_bytes: 1 << (20 + random.below(3)),
            chunk: 1 + random.below(200) as usize,
            latency: if faulty { random.duration(SECOND / 5) } else { Duration::ZERO },
            drain_timeout: if lead.is_some_and(|lead| lead.phase == Phase::Draining) {
                60 * SECOND
            } else {
                random.duration(25 * SECOND)
            },
            // Shorter than any extension, which is how the judge tells them apart.
            redelivery: match random.below(3) {
                0 => Redelivery::after_visibility_timeout(),
                _ => Redelivery::backoff(SECOND, visibility_timeout / 2),
            },
            routing: Routing::new(seed, processors.len(), faulty),
            remembering: Remembering::new(seed, faulty),
            quarantining: Quarantining::new(seed, faulty),
            finishing: Finishing::new(seed, lead, &messages),
            spooling: Spooling::new(seed, faulty),
            processors,
            messages,
            chaos: lead.map(|lead| lead.chaos(random)),
            outage: if faulty { Outage::new(random) } else { None },
            stop: lead.and_then(|lead| lead.stop(random)),
            manner: Manner {
                seed: random.next(),
                visibility_timeout,
                timeout,
                is_faulty: faulty || random.chance(500),
                may_block: faulty,
                favourite: lead.and_then(|lead| lead.of_processor()),
                is_slow: slow,
                takes_days,
            },
            hides_sizes: random.chance(100),
        }
    }

    /// Nothing goes wrong, and nobody stops it.
    pub(super) fn is_calm(&self) -> bool {
        self.lead.is_none()
    }

    /// Requests to the queue fail by chance.
    pub(super) fn is_chaotic(&self) -> bool {
        self.chaos.as_ref().is_some_and(|chaos| {
            let Chaos { refuse, lose, unanswered, entries, duplicate, empty, .. } = chaos;
            refuse + lose + unanswered + entries + duplicate + empty > 0
        })
    }

    /// The queue cannot be reached, or takes messages away; or the store cannot, perhaps of fewer
    /// objects than show that: this costs receives.
    pub(super) fn costs_receives(&self) -> bool {
        use super::table::Fault::*;
        let by_lead = self.lead.is_some_and(|lead| match lead.fault {
            Blocks | CutOff | Expired | Pause | StaleReceipt => true,
            fault => matches!(fault, QueueOutage | StoreOutage),
        });
        by_lead || self.outage.is_some()
    }

    /// No record fails, and none takes for ever.
    pub(super) fn only_succeeds(&self) -> bool {
        !self.manner.is_faulty && !self.manner.takes_days
    }

    /// Some work goes on when the 12 hours are over.
    pub(super) fn takes_days(&self) -> bool {
        self.manner.takes_days
    }

    /// I8: the timeout, two requests that nobody answers, and a second for what lies between.
    pub(super) fn longest_drain(&self) -> Duration {
        self.drain_timeout + (self.visibility_timeout / 4).min(10 * SECOND) * 2 + SECOND
    }

    pub(super) fn world(&self) -> World {
        let world = World::with(QueueSettings {
            visibility_timeout: self.visibility_timeout,
            max_receives: Some(self.max_receives),
            ignores_stale_deletes: self.seed.is_multiple_of(2),
        });
        world.store.chunk_size(self.chunk);
        world.store.answers_after(self.latency);
        self.finishing.set_up(&world);
        self.spooling.set_up(&world);
        if self.hides_sizes {
            world.store.hide_sizes();
        }
        world.queue.chaos(self.chaos.clone(), self.seed);
        world
    }

    /// The processors, as the judge has to know them.
    pub(super) fn roles(&self) -> Vec<Role> {
        self.processors.iter().map(Processor::role).collect()
    }

    pub(super) fn builder(
        &self,
        world: &World,
        judge: &Judge,
        settling: &Arc<AtomicUsize>,
        remembered: &Remembered,
        quarantined: &Quarantined,
    ) -> Builder {
        let limits = Limits::default().messages(self.slots).buffered_bytes(self.buffered_bytes);
        let builder = world
            .builder()
            .limits(limits)
            .lease(Lease::default().visibility_timeout(self.visibility_timeout))
            .drain_timeout(self.drain_timeout)
            .redelivery(self.redelivery.clone());
        let names: Vec<_> = self.roles().into_iter().map(|role| role.name).collect();
        let builder = self.routing.add_to(builder, &names);
        let builder = self.remembering.add_to(builder, remembered);
        let builder = self.quarantining.add_to(builder, quarantined);
        let builder = self.finishing.add_to(builder);
        let builder = self.spooling.add_to(builder);
        self.processors.iter().enumerate().fold(builder, |builder, (role, processor)| {
            processor.add_to(builder, &self.manner, role, judge, &world.trace, settling)
        })
    }
}

impl Outage {
    fn new(random: &mut Random) -> Option<Self> {
        let kinds = [
            PortErrorKind::Transient,
            PortErrorKind::Throttled,
            PortErrorKind::Denied,
            PortErrorKind::Credentials,
        ];
        let longest = [60, 3_600, 50_000][random.below(3) as usize] * SECOND;
        random.chance(150).then(|| Self {
            at: random.duration(10 * SECOND),
            lasts: random.duration(longest),
            kind: kinds[random.below(4) as usize],
            both: random.chance(300),
        })
    }
}

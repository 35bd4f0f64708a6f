use super::{
    super::{
        super::SECOND,
        table::{Fault, Phase, cells},
    },
    object::fault,
};
use crate::testing::{Chaos, ObjectFault, Random};
use std::time::Duration;

/// The fault that a scenario is made for, and the phase in which it is to strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Lead {
    pub(in super::super) fault: Fault,
    pub(in super::super) phase: Phase,
}

/// How and when a run is stopped.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Stop {
    /// If nothing stops it before.
    pub(in super::super) after: Duration,
    pub(in super::super) fault: Fault,
    /// A future to be dropped gets so many polls before.
    pub(in super::super) polls: u64,
}

impl Lead {
    /// Every cell of the table has its turn; every fifth scenario is calm.
    pub(super) fn new(seed: u64, random: &mut Random) -> Option<Self> {
        let cells = cells();
        let (fault, phase) = cells[(seed - seed / 5) as usize % cells.len()];
        random.next();
        (!seed.is_multiple_of(5)).then_some(Self { fault, phase })
    }

    /// Whether it is a fault that the scenario brings about itself, and when a message comes to
    /// which phase.
    pub(in super::super) fn ambush(self) -> Option<Phase> {
        let is_late = self.phase == Phase::Draining;
        match self.fault {
            // Whatever it is that is to fail while draining has to be begun before.
            _ if is_late && self.stop_is_first() => Some(if self.of_store().is_some() {
                Phase::Reading
            } else if self.fault == Fault::StaleReceipt {
                Phase::Extending
            } else {
                Phase::Processing
            }),
            Fault::StaleReceipt => Some(self.phase),
            _ if self.is_brought_about() && self.phase == Phase::Receiving => None,
            _ if self.is_brought_about() => Some(self.phase),
            _ => None,
        }
    }

    /// The pipeline has to be drained so that the fault can strike then.
    pub(in super::super) fn stop_is_first(self) -> bool {
        self.phase == Phase::Draining
    }

    /// By the scenario, at a moment of its choice.
    pub(in super::super) fn is_brought_about(self) -> bool {
        use Fault::*;
        matches!(
            self.fault,
            Redelivered
                | Expired
                | Overwritten
                | Removed
                | StaleReceipt
                | Pause
                | StoreOutage
                | QueueOutage
        ) || self.is_stop()
    }

    pub(in super::super) fn is_stop(self) -> bool {
        matches!(self.fault, Fault::Drain | Fault::Abort | Fault::Drop | Fault::CutOff)
    }

    pub(super) fn needs_room(self) -> bool {
        matches!(self.fault, Fault::Redelivered | Fault::StaleReceipt | Fault::DoubleReceive)
    }

    pub(super) fn of_processor(self) -> Option<Fault> {
        use Fault::*;
        matches!(self.fault, Fails | Rejects | Panics | Hangs | Blocks | DropsAck)
            .then_some(self.fault)
    }

    /// Work has to wait for verdicts from elsewhere.
    pub(super) fn is_deferred(self) -> bool {
        self.phase == Phase::Deferred || matches!(self.fault, Fault::DropsAck | Fault::LateVerdict)
    }

    /// What a message's objects suffer so that the lead comes about.
    pub(super) fn of_store(self) -> Option<Vec<ObjectFault>> {
        let delay = 20 * SECOND;
        let fault = match self.fault {
            Fault::Missing => ObjectFault::Missing,
            Fault::Denied => ObjectFault::Denied,
            Fault::Unavailable => ObjectFault::Unavailable,
            Fault::SlowOpen => ObjectFault::SlowOpen(delay),
            Fault::ClientPanic => ObjectFault::Panic,
            Fault::Break => ObjectFault::Break(20),
            Fault::Short => ObjectFault::Short(20),
            Fault::Checksum => ObjectFault::Checksum,
            Fault::Stall => ObjectFault::Stall(20, delay),
            Fault::SlowChunks => ObjectFault::SlowChunks(SECOND / 2),
            _ => return None,
        };
        let first = (self.phase != Phase::Opening).then_some(ObjectFault::Break(10));
        Some(first.into_iter().chain([fault]).collect())
    }

    pub(super) fn chaos(self, random: &mut Random) -> Chaos {
        let mut rate = |fault, most| if self.fault == fault { 300 } else { random.below(most) / 2 };
        let (refuse, lose) = (rate(Fault::Refused, 60), rate(Fault::Lost, 40));
        let (unanswered, entries) = (rate(Fault::Unanswered, 40), rate(Fault::EntryRefused, 80));
        let (duplicate, empty) = (rate(Fault::DoubleReceive, 100), rate(Fault::EmptyReceive, 100));
        let latency =
            if self.fault == Fault::LateAnswer { SECOND / 2 } else { random.duration(SECOND / 2) };
        // Many faults at once hide what each does; and some runs have to show what one alone does.
        if random.chance(400) && self.is_brought_about() {
            return Chaos { latency, ..Chaos::default() };
        }
        Chaos { refuse, lose, unanswered, entries, duplicate, empty, latency }
    }

    pub(super) fn stop(self, random: &mut Random) -> Option<Stop> {
        let after = random.duration(40 * SECOND);
        let magnitude = random.below(11);
        let stop = |after, fault| Stop { after, fault, polls: 0 };
        match self.fault {
            Fault::Drop if self.stop_is_first() => {
                Some(Stop { polls: random.below(30), ..stop(60 * SECOND, Fault::Drain) })
            }
            _ if self.stop_is_first() => Some(stop(60 * SECOND, Fault::Drain)),
            Fault::Drop => Some(Stop { polls: random.below(3), ..stop(after, Fault::Drop) }),
            fault if self.is_stop() => Some(stop(after, fault)),
            Fault::LateVerdict => Some(stop(after / 4, Fault::Abort)),
            _ => random.chance(200).then(|| match random.below(4) {
                0 => stop(after, Fault::Drain),
                1 => stop(after, Fault::Abort),
                2 => stop(after, Fault::CutOff),
                // From the first poll to one long after everything was done.
                _ => Stop {
                    after: Duration::ZERO,
                    fault: Fault::Drop,
                    polls: random.below(1 << magnitude),
                },
            }),
        }
    }

    /// What an object suffers beside the lead.
    pub(super) fn by_chance(self, random: &mut Random) -> Vec<ObjectFault> {
        let count = if random.chance(150) { 1 + random.below(3) } else { 0 };
        (0..count).map(|_| fault(random)).collect()
    }
}

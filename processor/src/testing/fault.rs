use super::Random;
use crate::port::PortErrorKind;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// What a queue can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Attributes,
    Receive,
    /// Extensions and releases: the service cannot tell them apart either.
    Change,
    Delete,
}

/// What goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It takes so long to take effect, and so long again until the answer is there.
    Slow { there: Duration, back: Duration },
    /// The service refuses the whole request; it has no effect.
    Refuse(PortErrorKind),
    /// It never arrives, and nobody answers.
    Lost,
    /// It arrives so much later, takes effect if it is accepted then, and nobody answers.
    Unanswered(Duration),
    /// These entries of a batch are refused, in an answer that is otherwise good.
    Entries(Vec<usize>),
    /// It is answered as done, and has no effect.
    Ignore,
    /// The first message of a receive comes twice.
    Duplicate,
    /// A receive is answered at once with nothing.
    Empty,
}

/// Random faults, each so many times in a thousand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chaos {
    pub(crate) refuse: u64,
    pub(crate) lose: u64,
    pub(crate) unanswered: u64,
    pub(crate) entries: u64,
    pub(crate) duplicate: u64,
    /// Receives that bring nothing, whatever is visible.
    pub(crate) empty: u64,
    /// Each way takes less than this, at random.
    pub(crate) latency: Duration,
}

/// Which fault comes next: those given for single requests first, then those that stay, then
/// chance.
#[derive(Debug, Default)]
pub(super) struct FaultPlan {
    next: BTreeMap<Op, VecDeque<Fault>>,
    always: BTreeMap<Op, Fault>,
    chaos: Option<(Chaos, Random)>,
}

impl FaultPlan {
    pub(super) fn push(&mut self, op: Op, fault: Fault) {
        self.next.entry(op).or_default().push_back(fault);
    }

    pub(super) fn always(&mut self, op: Op, fault: Fault) {
        self.always.insert(op, fault);
    }

    pub(super) fn no_longer(&mut self, op: Op) {
        self.always.remove(&op);
    }

    pub(super) fn chaos(&mut self, chaos: Option<Chaos>, seed: u64) {
        self.chaos = chaos.map(|chaos| (chaos, Random::new(seed)));
    }

    /// The fault of a request, and how long each way takes.
    pub(super) fn draw(&mut self, op: Op, entries: usize) -> (Fault, Duration, Duration) {
        let fault = self
            .next
            .get_mut(&op)
            .and_then(VecDeque::pop_front)
            .or_else(|| self.always.get(&op).cloned());
        match (fault, &mut self.chaos) {
            (Some(Fault::Slow { there, back }), _) => (Fault::None, there, back),
            (Some(fault), _) => (fault, Duration::ZERO, Duration::ZERO),
            (None, None) => (Fault::None, Duration::ZERO, Duration::ZERO),
            (None, Some((chaos, random))) => {
                let fault = chaos.draw(random, op, entries);
                (fault, random.duration(chaos.latency), random.duration(chaos.latency))
            }
        }
    }
}

impl Chaos {
    fn draw(&self, random: &mut Random, op: Op, entries: usize) -> Fault {
        match () {
            () if random.chance(self.refuse) => Fault::Refuse(if random.chance(500) {
                PortErrorKind::Transient
            } else {
                PortErrorKind::Throttled
            }),
            () if random.chance(self.lose) => Fault::Lost,
            () if random.chance(self.unanswered) => {
                let longest = if random.chance(100) { 10 * 60 } else { 5 };
                Fault::Unanswered(random.duration(Duration::from_secs(longest)))
            }
            () if op == Op::Receive && random.chance(self.duplicate) => Fault::Duplicate,
            () if op == Op::Receive && random.chance(self.empty) => Fault::Empty,
            () if entries > 0 && random.chance(self.entries) => {
                Fault::Entries((0..entries).filter(|_| random.chance(500)).collect())
            }
            () => Fault::None,
        }
    }
}

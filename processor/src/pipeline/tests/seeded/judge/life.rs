use super::super::table::Phase;
use crate::testing::Op;
use std::{collections::BTreeSet, time::Duration};

/// What is due at one moment may happen in any order.
const TICK: Duration = Duration::from_millis(5);
/// So long a consumer remembers for sure which messages succeeded.
const REMEMBERED: Duration = Duration::from_secs(59 * 60);

/// What happened to one message so far, as seen from outside the library.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) keys: Vec<String>,
    /// It cannot be understood: never deleted.
    pub(super) is_unreadable: bool,
    /// Something goes wrong with each of its deliveries.
    pub(super) is_doomed: bool,
    /// Its objects can be read, at any time.
    pub(super) is_readable: bool,
    /// Something that is its own went wrong: with its objects, or with one of its records.
    pub(super) has_own_cause: bool,
    pub(super) receives: u32,
    pub(super) received_at: Duration,
    /// Received, and neither deleted nor released since.
    pub(super) is_held: bool,
    /// Something went wrong since it was last received, so that it may be received once more.
    pub(super) excused: bool,
    /// The queue, or the clock, did: its lease may lapse while work runs.
    pub(super) lease_excused: bool,
    pub(super) opening: usize,
    pub(super) reading: usize,
    /// Its objects whose bodies came since it was received.
    pub(super) bodies: BTreeSet<String>,
    /// Records that processors work on, in the run that goes on.
    pub(super) processing: usize,
    /// Records whose verdict is yet to come, in the run that goes on.
    pub(super) deferred: usize,
    /// The request under way about it.
    pub(super) asked: Option<Phase>,
    pub(super) released: bool,
    /// The consumer that received it last.
    pub(super) by: u32,
    /// When it becomes visible, as the queue has it.
    pub(super) lease_until: Duration,
    /// The receipt whose release took effect.
    pub(super) handed_back: Option<String>,
    pub(super) succeeded: Option<Succeeded>,
}

/// Everything was done: a delete was asked for.
#[derive(Debug)]
pub(super) struct Succeeded {
    /// By this consumer, which remembers it.
    pub(super) by: u32,
    pub(super) at: Duration,
    pub(super) receipt: String,
}

impl Life {
    /// Where it is, if it is held.
    pub(super) fn phase(&self, draining: bool) -> Option<Phase> {
        let phase = match () {
            () if !self.is_held => return None,
            () if draining => Phase::Draining,
            () => self.asked.unwrap_or_else(|| self.work()),
        };
        Some(phase)
    }

    fn work(&self) -> Phase {
        match () {
            () if self.processing > 0 => Phase::Processing,
            () if self.deferred > 0 => Phase::Deferred,
            () if self.reading > 0 => Phase::Reading,
            () if self.opening > 0 && self.bodies.is_empty() => Phase::Opening,
            () if self.opening > 0 => Phase::Reading,
            () => Phase::Waiting,
        }
    }

    /// What a request about it is for. Extensions and releases look alike: where something runs, or
    /// is yet to be read, it is an extension.
    pub(super) fn ask(&mut self, op: Op, is_finished: bool) {
        self.asked = match op {
            Op::Delete => Some(Phase::Deleting),
            Op::Change if self.work() == Phase::Waiting && is_finished => Some(Phase::Releasing),
            Op::Change => Some(Phase::Extending),
            Op::Receive | Op::Attributes => None,
        };
    }

    /// It was received, and is hidden until then.
    pub(super) fn leased(&mut self, by: u32, until: Duration) {
        (self.by, self.lease_until) = (by, until);
    }

    /// Whether this consumer's lease ended by itself, and not only now.
    pub(super) fn has_lapsed(&self, consumer: u32, now: Duration) -> bool {
        self.is_held && self.by == consumer && now.saturating_sub(TICK) > self.lease_until
    }

    /// Whether this consumer still knows that everything was done.
    pub(super) fn is_remembered(&self, consumer: u32, now: Duration) -> bool {
        self.succeeded
            .as_ref()
            .is_some_and(|done| done.by == consumer && now < done.at + REMEMBERED)
    }

    pub(super) fn runs(&self) -> bool {
        self.processing + self.deferred > 0
    }

    pub(super) fn excuse(&mut self, lease_too: bool) {
        self.excused = true;
        self.lease_excused |= lease_too;
    }

    pub(super) fn left(&mut self) {
        self.is_held = false;
        self.asked = None;
    }

    /// Another run begins; what the old one worked on is no longer looked at.
    pub(super) fn forget_work(&mut self) {
        (self.processing, self.deferred, self.opening, self.reading) = (0, 0, 0, 0);
        self.left();
    }
}

use super::word::Word;
use std::{
    ops::{AddAssign, Range},
    sync::atomic::{
        AtomicU8, AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};

/// The verdicts on the records of one parcel that are handed over to somebody, who gives each from
/// anywhere and at any time, also while it is handed over.
///
/// Each verdict is counted once: by whoever hands the record over, if it was given by then; by
/// whoever gives it, if that is later; or by the [expiry](Self::expire), which says for which
/// records none came. So a verdict that comes at once costs one atomic operation, and its counting
/// is done for many together. What was written before a verdict is visible to whoever counts it,
/// and to whoever [settles](Self::settle) the last of them.
#[derive(Debug)]
pub(crate) struct Verdicts<S = AtomicU8, W = AtomicU64> {
    /// What happened to each record: its verdict, [`HANDED_OVER`] and [`EXPIRED`].
    states: Box<[S]>,
    /// Records that are not settled.
    open: W,
}

/// What a record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verdict {
    Done = 1,
    Failed = 2,
    GivenUp = 3,
}

const VERDICT: u8 = 3;
/// Handing it over has ended. Set by whoever counts the verdict, or left to whoever gives it to
/// see.
const HANDED_OVER: u8 = 4;
/// Its verdict is not waited for any more.
const EXPIRED: u8 = 8;
/// What it took along is not waited for any more either.
const RECLAIMED: u8 = 16;

/// When a verdict came.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Given {
    /// After the record was handed over: it is for the giver to count it, unless it is late, and to
    /// give back what the record took along, unless that was reclaimed.
    pub(crate) after_hand_over: bool,
    /// After the expiry: it does not count.
    pub(crate) late: bool,
}

/// How many records came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) given_up: u64,
}

impl<S: Word<u8>, W: Word<u64>> Verdicts<S, W> {
    pub(crate) fn new(records: usize) -> Self {
        Self { states: (0..records).map(|_| S::new(0)).collect(), open: W::new(records as u64) }
    }

    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// Gives the verdict on one record, once. If it has one by then, its time was up.
    #[inline]
    pub(crate) fn give(&self, record: usize, verdict: Verdict) -> Given {
        let before = self.states[record].fetch_or(verdict as u8, AcqRel);
        Given {
            after_hand_over: before & (HANDED_OVER | RECLAIMED | VERDICT) == HANDED_OVER,
            late: before & (EXPIRED | VERDICT) != 0,
        }
    }

    /// Whether the verdict on this record would be late. It may be a moment later.
    pub(crate) fn is_late(&self, record: usize) -> bool {
        self.states[record].load(Relaxed) & (EXPIRED | VERDICT) != 0
    }

    /// The time for a verdict on this record is up: whether none came, so that it failed. It is for
    /// the caller to count then, and to give back what the record took along. What is given from
    /// here on is late.
    pub(crate) fn time_out(&self, record: usize) -> bool {
        let state = &self.states[record];
        let mut seen = state.load(Acquire);
        while seen & (VERDICT | HANDED_OVER | EXPIRED | RECLAIMED) == HANDED_OVER {
            match state.compare_exchange(seen, seen | Verdict::Failed as u8, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Handing over this record has ended: its verdict, if there is one already, for the caller to
    /// count. Only the task that hands the records over calls this, once for each.
    #[inline]
    pub(crate) fn handed_over(&self, record: usize) -> Option<Verdict> {
        let state = &self.states[record];
        let mut seen = state.load(Acquire);
        if seen & VERDICT == 0 {
            seen = state.fetch_or(HANDED_OVER, AcqRel);
        } else {
            // Nobody else writes to it any more.
            state.store(seen | HANDED_OVER, Relaxed);
        }
        verdict(seen)
    }

    /// The records that are done by now, as ranges, in order.
    pub(crate) fn done(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let is_done = |at: &usize| {
            let state = self.states.get(*at).map(|state| state.load(Acquire));
            state.and_then(verdict) == Some(Verdict::Done)
        };
        let mut next = 0;
        std::iter::from_fn(move || {
            let start = (next..self.states.len()).find(is_done)?;
            let end = (start..).find(|at| !is_done(at))?;
            next = end;
            Some(start..end)
        })
    }

    /// Whether every verdict was counted.
    pub(crate) fn is_settled(&self) -> bool {
        self.open.load(Acquire) == 0
    }

    /// How many records were handed over and have no verdict still: whoever gives one later gives
    /// nothing back with it. To be called once, some time after the [expiry](Self::expire).
    pub(crate) fn reclaim(&self) -> usize {
        let reclaimed = |state: &&S| {
            let before = state.fetch_or(RECLAIMED, AcqRel);
            before & (VERDICT | HANDED_OVER) == HANDED_OVER
        };
        self.states.iter().filter(reclaimed).count()
    }

    /// So many verdicts were counted: whether they were the last.
    #[inline]
    pub(crate) fn settle(&self, verdicts: u64) -> bool {
        verdicts > 0 && self.open.fetch_sub(verdicts, AcqRel) == verdicts
    }

    /// Stops waiting: what nobody else counts is for the caller to count, with those given up for
    /// which no verdict came. Only the task that hands the records over calls this, when it does so
    /// no more.
    pub(crate) fn expire(&self) -> Tally {
        let mut tally = Tally::default();
        if self.open.load(Acquire) > 0 {
            for state in &self.states {
                let before = state.fetch_or(EXPIRED, AcqRel);
                match verdict(before) {
                    Some(verdict) if before & (HANDED_OVER | EXPIRED) == 0 => tally += verdict,
                    None if before & EXPIRED == 0 => tally += Verdict::GivenUp,
                    _ => {}
                }
            }
        }
        tally
    }
}

#[inline]
fn verdict(state: u8) -> Option<Verdict> {
    match state & VERDICT {
        0 => None,
        1 => Some(Verdict::Done),
        2 => Some(Verdict::Failed),
        _ => Some(Verdict::GivenUp),
    }
}

impl Tally {
    /// How many verdicts these are.
    pub(crate) fn total(&self) -> u64 {
        self.done + self.failed + self.given_up
    }
}

impl AddAssign<Verdict> for Tally {
    #[inline]
    fn add_assign(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Done => self.done += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::GivenUp => self.given_up += 1,
        }
    }
}

impl From<Verdict> for Tally {
    fn from(verdict: Verdict) -> Self {
        let mut tally = Self::default();
        tally += verdict;
        tally
    }
}

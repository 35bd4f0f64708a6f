use super::word::Word;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

const EXPIRED: u64 = u64::MAX;

/// Verdicts that are waited for until somebody stops waiting: each is counted by whoever gives it, or by the expiry,
/// never by both.
///
/// What was written before a verdict is visible to whoever learns that it was the last, or that some are missing: one of
/// them settles them all.
#[derive(Debug)]
pub(crate) struct Outstanding<W = AtomicU64> {
    /// Verdicts still to come; [`EXPIRED`] when nobody waits for them any more.
    verdicts: W,
}

/// The right to settle one verdict.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// None is outstanding any more.
    pub(crate) last: bool,
}

impl<W: Word> Outstanding<W> {
    pub(crate) fn new(verdicts: u64) -> Self {
        Self { verdicts: W::new(verdicts) }
    }

    /// Takes the right to settle one; `None` if that time is over.
    pub(crate) fn take_one(&self) -> Option<Turn> {
        let count = |verdicts| (verdicts != EXPIRED).then(|| verdicts - 1);
        let before = self.verdicts.fetch_update(AcqRel, Acquire, count)?;
        Some(Turn { last: before == 1 })
    }

    /// Whether nobody waits any more. It may be over a moment later.
    pub(crate) fn is_expired(&self) -> bool {
        self.verdicts.load(Relaxed) == EXPIRED
    }

    /// Stops waiting, and says for how many verdicts: settling those is the caller's from here on.
    pub(crate) fn expire(&self) -> u64 {
        match self.verdicts.swap(EXPIRED, AcqRel) {
            EXPIRED => 0,
            missing => missing,
        }
    }
}

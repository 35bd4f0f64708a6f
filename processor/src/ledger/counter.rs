use super::word::Word;
use std::sync::atomic::{AtomicU64, Ordering};

/// The highest bit says that more may come.
const READING: u64 = 1 << 63;

/// Verdicts awaited on the records of one object.
#[derive(Debug)]
pub(crate) struct Ledger<W = AtomicU64> {
    /// Verdicts awaited, and [`READING`].
    state: W,
}

/// The ledger is closed and empty: told to exactly one caller.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Settled {
    /// Verdicts or records are still to come.
    Pending,
    /// This was the last.
    Complete,
}

impl<W: Word<u64>> Ledger<W> {
    pub(crate) fn new() -> Self {
        Self { state: W::new(READING) }
    }

    /// Awaits `verdicts` more. Only the reader calls this, before it closes.
    pub(crate) fn open(&self, verdicts: u64) {
        let before = self.state.fetch_add(verdicts, Ordering::Relaxed);
        debug_assert!(before & READING != 0, "opened after it was closed");
    }

    /// `verdicts` were given. What the caller wrote before is visible to whoever sees the ledger
    /// complete.
    pub(crate) fn settle(&self, verdicts: u64) -> Settled {
        let before = self.state.fetch_sub(verdicts, Ordering::AcqRel);
        debug_assert!(before & !READING >= verdicts, "more verdicts than were awaited");
        if before == verdicts { Settled::Complete } else { Settled::Pending }
    }

    /// No more records will come. Only the reader calls this, once.
    pub(crate) fn close(&self) -> Settled {
        let before = self.state.fetch_and(!READING, Ordering::AcqRel);
        debug_assert!(before & READING != 0, "closed twice");
        if before == READING { Settled::Complete } else { Settled::Pending }
    }
}

//! One object's completion counter: it completes when it is closed AND empty.
//!
//! The reader [opens](Ledger::open) a number of verdicts before it hands a batch on, each processor settles its share with
//! one subtraction, and the reader [closes](Ledger::close) the ledger when no more will come. Whoever brings it to
//! closed and empty learns so, exactly once, without a lock: the count and the flag are one atomic word.

use std::sync::atomic::{AtomicU64, Ordering};

/// The highest bit says that more may come.
const READING: u64 = 1 << 63;

/// Verdicts awaited on the records of one object.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Verdicts awaited, and [`READING`].
    state: AtomicU64,
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

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU64::new(READING) }
    }

    /// Awaits `verdicts` more. Only the reader calls this, before it closes.
    pub(crate) fn open(&self, verdicts: u64) {
        let before = self.state.fetch_add(verdicts, Ordering::Relaxed);
        debug_assert!(before & READING != 0, "opened after it was closed");
    }

    /// `verdicts` were given. What the caller wrote before is visible to whoever sees the ledger complete.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, atomic::AtomicUsize};

    #[test]
    fn trap_18_an_object_without_records_completes_when_it_is_closed() {
        assert_eq!(Ledger::new().close(), Settled::Complete);
    }

    #[test]
    fn empty_is_not_complete_while_reading_goes_on() {
        let ledger = Ledger::new();
        ledger.open(2);
        assert_eq!(ledger.settle(2), Settled::Pending);
        ledger.open(1);
        assert_eq!(ledger.close(), Settled::Pending);
        assert_eq!(ledger.settle(1), Settled::Complete);
    }

    #[test]
    fn exactly_one_of_many_threads_completes_it() {
        for _ in 0..200 {
            let ledger = Arc::new(Ledger::new());
            let completions = Arc::new(AtomicUsize::new(0));
            ledger.open(40);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..10 {
                            if ledger.settle(1) == Settled::Complete {
                                completions.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
                if ledger.close() == Settled::Complete {
                    completions.fetch_add(1, Ordering::Relaxed);
                }
            });
            assert_eq!(completions.load(Ordering::Relaxed), 1);
        }
    }
}

use crate::ledger::Word;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};

/// Whether a place was woken since it was last looked at. Who wakes it first learns so, and puts it
/// on the list.
///
/// Whoever wakes a place that is on the list already relies on the look that is to come: it has to
/// see what was written before. So looking reads the word that waking wrote; merely to overwrite it
/// would order nothing.
pub(super) struct Rung<W = AtomicU64>(W);

impl<W: Word<u64>> Rung<W> {
    pub(super) fn new() -> Self {
        Self(W::new(0))
    }

    /// Whether nobody woke it since it was last looked at.
    pub(super) fn ring(&self) -> bool {
        self.0.swap(1, AcqRel) == 0
    }

    /// It is looked at from here on.
    pub(super) fn look(&self) {
        self.0.swap(0, AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loom::sync::{Arc, atomic::Ordering::Relaxed};

    #[test]
    fn a_place_woken_while_it_is_looked_at_is_seen_or_listed_again() {
        loom::model(|| {
            let rung = Arc::new(Rung::<loom::sync::atomic::AtomicU64>::new());
            let written = Arc::new(loom::sync::atomic::AtomicU64::new(0));
            assert!(rung.ring(), "it is on the list");
            let waking = {
                let (rung, written) = (Arc::clone(&rung), Arc::clone(&written));
                loom::thread::spawn(move || {
                    written.store(1, Relaxed);
                    rung.ring()
                })
            };
            rung.look();
            let is_seen = written.load(Relaxed) == 1;
            let is_listed = waking.join().expect("no model panics");
            assert!(is_seen || is_listed, "a wake-up was lost");
        });
    }
}

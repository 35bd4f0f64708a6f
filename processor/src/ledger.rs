//! One object's completion counter: it completes when it is closed AND empty.
//!
//! The reader [opens](Ledger::open) a number of verdicts before it hands a batch on, each processor settles its share with
//! one subtraction, and the reader [closes](Ledger::close) the ledger when no more will come. Whoever brings it to
//! closed and empty learns so, exactly once, without a lock: the count and the flag are one atomic word.
//!
//! Verdicts that come later, from anywhere, are [outstanding](Outstanding) until they are given or nobody waits for them
//! any more. Both counters are generic over their [`Word`](word::Word), so that the tests can try every interleaving.

mod counter;
mod outstanding;
mod word;

pub(crate) use counter::{Ledger, Settled};
pub(crate) use outstanding::{Outstanding, Turn};
pub(crate) use word::Word;

#[cfg(test)]
mod tests;

//! One object's completion counter: it completes when it is closed AND empty.
//!
//! The reader [opens](Ledger::open) a number of verdicts before it hands a batch on, each processor
//! settles its share with one subtraction, and the reader [closes](Ledger::close) the ledger when
//! no more will come. Whoever brings it to closed and empty learns so, exactly once, without a
//! lock: the count and the flag are one atomic word.
//!
//! Where somebody else gives the [verdicts](Verdicts) on a batch, later and from anywhere, each is
//! counted once, or nobody waits for it any more. Both are generic over their
//! [`Word`](word::Word)s, so that the tests can try every interleaving.

mod counter;
mod verdicts;
mod word;

pub(crate) use counter::{Ledger, Settled};
pub(crate) use verdicts::{Given, Tally, Verdict, Verdicts};
pub(crate) use word::Word;

#[cfg(test)]
mod tests;

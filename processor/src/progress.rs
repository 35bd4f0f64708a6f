//! What of an object is settled done already, so that it is not done again.
//!
//! ```text
//!  reader -> Fingerprint -> marks ----+
//!                                     v
//!  lanes -> DoneSoFar -> Set -> Progress -> saved (bytes with a checksum) -> a store
//!                                     ^
//!  the next delivery: loaded sets ----+-> which records are still to be done
//! ```
//!
//! A set holds for the bytes that were read, and for nothing else. So it comes with *marks*: a hash
//! of the object's first bytes, and of where its first records end. Whoever uses it computes the
//! same before the object counts as done; if they differ, the set is dropped and the object fails.

mod fingerprint;
mod flags;
mod identity;
mod mark;
mod object;
mod saved;
mod set;

pub(crate) use fingerprint::Fingerprint;
pub(crate) use flags::Flags;
pub(crate) use identity::Identity;
pub(crate) use object::{DoneSoFar, Progress};
pub(crate) use saved::Saved;
pub(crate) use set::Set;

#[cfg(test)]
mod tests;

//! Records that are put aside, so that their message may go: what is written of them, how many may
//! be, and how they come back.
//!
//! Pure. A record is put aside when its processor rejects it, or when it failed at one of the last
//! receives. It is written first; only then is it settled.

mod guard;
mod record;

pub(crate) use guard::{Allowed, Guard};
pub(crate) use record::{MOST_BYTES, encode, name};
pub use record::{QuarantinedRecord, Replay};

/// So many failures of one object are put aside at most.
pub(crate) use crate::notification::MOST_RECORDS;

#[cfg(test)]
mod tests;

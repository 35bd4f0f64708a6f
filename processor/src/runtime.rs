//! What every part of a running pipeline stands on: threads, clock and randomness, how it is told
//! to stop, where objects wait in an outage, and where logs are written.
//!
//! ```text
//!  control thread (own runtime)             |  user's runtime
//!                                           |
//!  source: receives, extends, deletes -job----> object: reads, decodes -> lane: processors
//!     ^       ^                             |      |         |                |
//!     |       +--------- object ended <------------|---------+-- verdicts ----+
//!     +--- gate: what is down, what waits <--------+
//! ```
//!
//! The two sides share nothing but channels, atomics and cancellation tokens, so a blocked worker
//! of the user's runtime delays no extension.

mod capacity;
mod env;
mod failure;
pub(crate) mod gate;
mod observer;
mod phase;
pub(crate) mod report;
mod reporter;
mod shared;
mod stop;
mod threads;
mod trace;

pub(crate) use capacity::{Capacity, Waiting};
pub(crate) use env::Env;
pub(crate) use failure::Failure;
pub(crate) use gate::{Gate, Held};
#[cfg(any(test, feature = "test-util"))]
pub use observer::FailedRecord;
pub(crate) use observer::Observer;
pub(crate) use phase::{Phase, Signals};
pub(crate) use shared::Shared;
pub(crate) use stop::Stop;
pub(crate) use threads::Threads;

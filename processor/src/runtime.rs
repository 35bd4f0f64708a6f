//! What drives the pure layers: a control thread that talks to SQS, and the user's runtime that
//! reads and processes.
//!
//! ```text
//!  control thread (own runtime)                 |  user's runtime
//!                                               |
//!  receiver -> tracker -> job ------------------->  reader: GET -> chunks -> decoders -> batches
//!     ^          ^  |                           |                                          |
//!     |          |  +-> extend, release, delete |    one task per batch and processor <----+
//!     |          |                              |                     |
//!     |          +--- object ended <---------------- ledger: closed and empty
//!     +---- free slots, gate <------------------- reader: its request failed, or succeeded again
//! ```
//!
//! The two sides share nothing but channels, atomics and cancellation tokens, so a blocked worker
//! of the user's runtime delays no extension.

mod batch;
#[cfg(feature = "__private")]
mod bench;
mod blocks;
mod changes;
mod control;
mod decoders;
mod env;
mod gate;
mod job;
mod lane;
mod object;
mod observer;
mod phase;
mod reader;
mod receiver;
mod registry;
mod report;
mod requests;
mod startup;
#[cfg(test)]
mod tests;
mod window;
mod worker;

#[cfg(feature = "__private")]
pub use bench::Dispatch;
pub(crate) use control::{Control, ControlSettings};
pub(crate) use env::Env;
pub(crate) use gate::Gate;
pub(crate) use lane::{BatchLane, DeferredLane, Lane, RecordLane, Shared};
#[cfg(any(test, feature = "test-util"))]
pub use observer::FailedRecord;
pub(crate) use observer::Observer;
pub(crate) use phase::{Phase, Signals};
pub use registry::InFlight;
pub(crate) use registry::Registry;
pub(crate) use worker::{Worker, WorkerSettings};

//! One object's way: read, decoded, handed to the processors, settled.
//!
//! ```text
//!  job -> worker -> reader: claim -> ask -> body -> chunks -> decoder threads -> parcels
//!                      |                                                           |
//!            buffers, bytes of the budget           one task per parcel and lane <-+
//!                                                                  |
//!  ticket <- state <- ledger: closed and empty <- verdicts <- share of a parcel
//! ```
//!
//! What all objects share is the [`Engine`]. Where records go from here is a [`Lane`]'s matter.

mod again;
#[cfg(feature = "__private")]
mod bench;
mod blocks;
mod budget;
mod collecting;
mod counts;
mod duty;
mod ending;
mod engine;
mod failures;
mod finisher;
mod in_flight;
mod lane;
mod name;
mod object_id;
mod parcel;
mod parked;
mod pool;
mod processors;
mod quarantine;
mod reader;
mod records;
mod registry;
mod saver;
mod saving;
mod share;
mod siblings;
mod spool;
mod state;
mod task;
mod worker;

#[cfg(feature = "__private")]
pub use bench::Dispatch;
pub(crate) use budget::Budget;
pub(crate) use engine::Engine;
pub(crate) use finisher::Finisher;
pub use in_flight::InFlight;
pub(crate) use lane::Lane;
pub(crate) use processors::Processors;
pub(crate) use quarantine::Quarantine;
pub(crate) use records::Records;
pub(crate) use registry::Registry;
pub(crate) use saver::Saver;
pub(crate) use share::Share;
pub(crate) use spool::Spools;
pub(crate) use state::ObjectState;
pub(crate) use worker::Worker;

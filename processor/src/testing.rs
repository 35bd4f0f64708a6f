//! Testing processors without AWS: see [`Harness`] for a processor in the real pipeline,
//! [`record()`] and [`context()`] for one call of it.
//!
//! Below the harness, and not public, are the ports in memory: a queue with SQS's lease semantics
//! and a store with S3's versions, both on Tokio's clock.
//!
//! On a paused current-thread runtime time is virtual: hours of leases pass in milliseconds, and
//! the same seed gives the same run. Both ports follow a plan of faults, and write down what was
//! asked of them in one trace.
#![cfg_attr(
    not(test),
    allow(dead_code, reason = "faults and inspection are for this crate's own tests")
)]

mod disk;
mod fault;
mod harness;
mod list;
mod notice;
#[cfg(test)]
mod payload;
#[doc(hidden)]
pub mod ports;
mod progress;
mod queue;
mod random;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod trace;

pub use self::{
    harness::{Harness, MessageReport, Report},
    progress::check_progress_store,
    record::{context, record},
};
pub use crate::runtime::FailedRecord;

#[cfg_attr(not(test), allow(unused_imports, reason = "as above"))]
pub(crate) use self::{
    disk::MemoryDisk,
    fault::{Chaos, Fault, Op},
    list::{ListSettings, ObjectList, Standing},
    notice::{Announced, notification, test_event},
    queue::{MemoryQueue, Place, QueueSettings},
    random::Random,
    store::{MemoryStore, ObjectFault},
    trace::{EntryResult, Event, Trace},
};
#[cfg(test)]
pub(crate) use payload::{gzip, ndjson, undelimited};

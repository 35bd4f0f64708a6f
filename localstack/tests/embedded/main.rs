//! The embedded AWS through the real SDK clients.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod faults;
mod limits;
mod notifications;
mod objects;
mod queues;
mod receipts;
mod topics;
mod versions;
mod world;

//! Scenarios: what is told to the tracker, and what it does then, as text.
//!
//! `m0`, `m1`, ... are the messages in the order they came; `extend m0:r1+30` sends the receipt
//! `r1` and 30 seconds.

mod batches;
mod leases;
mod redelivery;
mod scene;
mod settling;
mod stopping;

//! What benchmarks of dispatching share: processors that do next to nothing, and what hands records
//! to them.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each benchmark uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

pub mod lane;
pub mod payloads;
pub mod processors;

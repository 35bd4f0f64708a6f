//! What the benchmarks of this workspace share: input, clocks, rounds and the table they print.
//!
//! Each figure is a ratio to a bare alternative, measured in turn with it in the same process run,
//! because that holds on a shared machine where absolute times swing.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each benchmark uses a part of it")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

pub mod clock;
pub mod countdown;
pub mod input;
pub mod limit;
pub mod plan;
pub mod rounds;
pub mod table;

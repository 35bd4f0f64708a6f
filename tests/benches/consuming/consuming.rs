//! What the benchmarks of whole processes share: the embedded AWS, and a process that consumes from
//! it.
//!
//! The consuming process is the benchmark's own program, started once more.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod consumer;
pub(crate) mod pipe;
pub(crate) mod world;

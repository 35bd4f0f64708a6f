//! The tests are in `tests/`; here is what two of their programs share.
//!
//! `consumer` is a program they start and kill.

pub mod conformance;

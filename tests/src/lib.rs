//! The tests are in `tests/`; here is what their programs share.
//!
//! `consumer` is a program they start and kill. [`conformance`] says what every local AWS has to
//! do, [`mutation`] which faults the tests have to notice.

pub mod conformance;
pub mod mutation;

//! The tests are in `tests/`; here is what they share. `consumer` is a program they start and kill. [`conformance`] compares
//! the servers with AWS, [`mutation`] holds the tests to account.

pub mod conformance;
pub mod mutation;

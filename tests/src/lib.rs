//! The tests are in `tests/aws`; `consumer` is a program they start and kill. [`mutation`] holds the tests to account.

pub mod mutation;

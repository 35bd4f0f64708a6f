//! The tests are in `tests/aws`; `consumer` is a program they start and kill.

//! The root of the crate in `processor/fuzz`: the layers that know neither a runtime nor the SDK,
//! by themselves.
//!
//! Each target takes any bytes and panics if what it checks does not hold. What they are is said
//! beside the layers.
#![allow(dead_code, unused_imports, reason = "the layers above them are not here")]

mod config;
mod decode;
mod error;
mod notification;
mod tracking;

/// The JSON scanner against the reference.
pub fn scanner(input: &[u8]) {
    decode::fuzz::scanner(input);
}

/// A whole decoder against the reference.
pub fn decoder(input: &[u8]) {
    decode::fuzz::decoder(input);
}

/// The parser of notifications.
pub fn notification(input: &[u8]) {
    notification::fuzz::notification(input);
}

/// The state machine of messages and leases.
pub fn operations(input: &[u8]) {
    tracking::fuzz::operations(input);
}

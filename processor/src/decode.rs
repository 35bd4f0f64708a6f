//! Bytes of an object in, records out: decompression and framing.
//!
//! The layer is incremental and does no I/O. The caller hands a [`Decoder`] one chunk of the object
//! at a time and a [`Block`] to fill; a step is short, never waits and allocates nothing per
//! record:
//!
//! ```text
//! chunk --> Source (gzip or as it is) --> Block (slice by slice) --> Framer --> spans of records
//! ```
//!
//! Bytes are framed slice by slice while they are still in the cache. What follows the last
//! complete record of a full block is carried over to the next one, so a record is always
//! contiguous.
//!
//! What cannot be decoded is an error, never a quiet end: an object counts as read only after
//! [`Step::End`], which needs a complete, checksummed gzip stream and no half record.

#[cfg(feature = "bench")]
mod bench;
mod block;
mod decoder;
mod error;
mod framer;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod gzip;
mod json;
mod limits;
mod lines;
#[cfg(any(test, fuzzing))]
mod model;
mod source;
#[cfg(test)]
mod tests;

#[cfg(feature = "bench")]
pub(crate) use bench::block_of_lines;
#[cfg(feature = "bench")]
pub use bench::{count_values, decode, instruction_sets};
pub(crate) use block::{Block, Fault, FaultKind};
pub(crate) use decoder::{Decoder, Step};
pub(crate) use error::DecodeError;
#[cfg(any(test, fuzzing))]
pub(crate) use error::DecodeErrorKind;
pub use framing::{Framing, ParseFramingError};
pub(crate) use limits::DecodeLimits;

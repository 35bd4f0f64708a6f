//! Bytes of an object in, records out: decompression and framing.
//!
//! The crate is incremental and does no I/O. A [`Decoder`] begins a [`Decode`] for each object;
//! whoever reads the object hands a [`Decoding`] one chunk of it at a time and a [`Block`] to fill.
//! A step is short, never waits, and the built-in decoders allocate nothing per record:
//!
//! ```text
//! chunk --> Codecs (gzip, zstd, none) --> Block (slice by slice) --> framer --> spans of records
//! ```
//!
//! Bytes are framed slice by slice while they are still in the cache. What follows the last
//! complete record of a full block is carried over to the next one, so a record is always
//! contiguous.
//!
//! What cannot be decoded is an error, never a quiet end: an object counts as read only after
//! [`Step::End`], which with the built-in decoders needs a complete, checksummed gzip stream and no
//! half record.
//!
//! # Your own
//!
//! A format of your own is a [`Decoder`]: its documentation has one in forty lines. A compression
//! of your own is a [`Codec`], given to a built-in decoder with [`BuiltIn::through`].
//!
//! # Features
//!
//! - `gzip` (on): undoes gzip. Without it an object that is compressed so fails, and says why.
//! - `zstd` (off): the same for zstd, by its C library.
//! - `snappy` (off): undoes Snappy, in its own framing and, where told, in Hadoop's.
//! - `utf16` (off): reads text in UTF-16, if it begins with a byte order mark, as UTF-8.
//! - `csv` (off): rows of CSV, TSV, VPC flow logs and W3C logs (CloudFront) as JSON objects. Rows
//!   of CSV and TSV as they stand need no feature.
//! - `cloudwatch-logs` (off): log events of CloudWatch Logs subscriptions.
//! - `firehose-errors` (off): the original records of Firehose error files.

#[cfg(any(test, feature = "__private"))]
#[doc(hidden)]
pub mod __private;
mod block;
mod built_in;
mod decoder;
mod decoding;
mod error;
mod fault;
mod foreign;
mod format;
mod frame;
mod framed;
#[cfg(any(test, feature = "__private"))]
mod fuzz;
mod limits;
#[cfg(any(test, feature = "__private"))]
mod model;
#[cfg(any(feature = "cloudwatch-logs", feature = "csv", feature = "firehose-errors"))]
mod table;
#[cfg(test)]
mod tests;
mod unpack;
mod writer;

pub use block::Block;
pub use built_in::BuiltIn;
pub use decoder::{Decode, Decoder, Input, ObjectInfo, Step};
pub use decoding::Decoding;
pub use error::{DecodeError, DecodeErrorKind, ParseFormatError};
pub use fault::{Fault, FaultKind};
#[cfg(feature = "cloudwatch-logs")]
pub use format::cloudwatch_logs;
pub use format::{Format, auto, csv_rows, json, json_elements, lines, tsv_rows, whole};
#[cfg(feature = "csv")]
pub use format::{csv, tsv, vpc_flow_logs, w3c_log};
#[cfg(feature = "firehose-errors")]
pub use format::{firehose_errors, firehose_errors_data};
pub use limits::DecodeLimits;
pub use unpack::{Codec, Read};
pub use writer::BlockWriter;

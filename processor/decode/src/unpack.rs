//! Stored bytes to decoded bytes: what a codec is.

mod detect;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "snappy")]
pub(crate) mod snappy;
pub(crate) mod stream;
#[cfg(feature = "utf16")]
mod utf16;
#[cfg(feature = "zstd")]
mod zstd;

use crate::error::DecodeError;

/// Deflate cannot exceed 1,032; logs reach 5 to 30.
const MAX_RATIO: u32 = 1_000;

/// Undoes one way of compressing an object: gzip, say.
///
/// A codec sees all stored bytes of one object, in pieces that may be cut anywhere, and writes what
/// they decompress to. It does no I/O and never waits; a call is short. Give one to a built-in
/// decoder with [`BuiltIn::through`](crate::BuiltIn::through).
///
/// It ends where the object does and not before. Objects of several frames are common, files put
/// one behind the other: what follows a frame is the next one, or damage. What ends before its
/// object is a container, and that is for a [`Decode`](crate::Decode).
pub trait Codec: Send {
    /// Takes bytes from the front of `input` and writes to `out`, which is not empty and holds
    /// anything, bytes of another object too. `last` says that nothing follows `input`.
    ///
    /// It goes on until `out` is full or `input` is used up, or does less; only it has to do
    /// *something* each time: a codec that neither takes nor writes for ever fails its object.
    /// After [`Read::End`] or an error it is not called again.
    ///
    /// # Errors
    /// If the bytes are damaged, or end too early: [`DecodeError::stored`]. What was written in the
    /// same call is lost.
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError>;

    /// Bytes of input taken so far. The limit on the ratio of output to input goes by it.
    fn consumed(&self) -> u64;

    /// So many bytes of output per byte of input no honest object exceeds; used where
    /// [`max_ratio`](crate::DecodeLimits::max_ratio) is not set. Default: 1,000.
    fn max_ratio(&self) -> u32 {
        MAX_RATIO
    }
}

/// What one read of a [`Codec`] gave. Later versions may know more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Read {
    /// So many bytes were written, from the front of `out`; possibly none, though something was
    /// done. To say more than `out` has is a panic, which fails the object.
    Bytes(usize),
    /// All input was taken, and more is needed. Nothing was written. Not where `last` was set.
    NeedInput,
    /// It wants to hold so many bytes beyond a few KiB. Nothing was written. When it is called
    /// again it may hold them. It asks for the total it wants, and has freed what it was granted
    /// before.
    NeedMemory(u64),
    /// The object is complete: `last` was set, all input was taken, and nothing was written. Said
    /// before, it fails the object: the rest would be lost without a word. Until then it is
    /// [`NeedInput`](Self::NeedInput), whatever the bytes so far say.
    End,
}

//! The decoded stream: gzip if the first bytes say so, else the bytes as they are.

use super::error::DecodeError;
use super::gzip::{Gunzip, MAGIC};

/// Recognizes compression and undoes it.
#[derive(Debug)]
pub(super) enum Source {
    /// No byte seen yet.
    Unknown,
    /// Only the first byte of the gzip magic seen.
    HalfMagic,
    /// Not compressed; the byte, if any, was taken while looking for the magic.
    Plain(Option<u8>),
    Gzip(Box<Gunzip>),
}

/// What one read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// So many bytes were written; possibly none, though something was done.
    Bytes(usize),
    /// All input is used up and more is to come.
    NeedInput,
    /// The stream is complete.
    End,
}

impl Source {
    /// Writes to `out`, which is not empty, taking from the front of `input`; `last` says that
    /// nothing follows it. Once it has returned `End` it does so again.
    pub(super) fn read(
        &mut self,
        input: &mut &[u8],
        last: bool,
        out: &mut [u8],
    ) -> Result<Read, DecodeError> {
        match self {
            Self::Plain(held) => Ok(copy(held, input, last, out)),
            Self::Gzip(gunzip) => gunzip.read(input, last, out),
            Self::Unknown | Self::HalfMagic => Ok(self.detect(input, last)),
        }
    }

    /// Bytes of compressed input so far; none where the object is not compressed.
    pub(super) fn compressed_bytes(&self) -> Option<u64> {
        match self {
            Self::Gzip(gunzip) => Some(gunzip.consumed()),
            _ => None,
        }
    }

    /// Takes one byte, or decides.
    fn detect(&mut self, input: &mut &[u8], last: bool) -> Read {
        let half = matches!(self, Self::HalfMagic);
        *self = match (input.split_first(), half) {
            (None, _) if !last => return Read::NeedInput,
            (Some((&first, rest)), false) if first == MAGIC[0] => {
                *input = rest;
                Self::HalfMagic
            }
            (Some((&second, rest)), true) if second == MAGIC[1] => {
                *input = rest;
                Self::Gzip(Box::new(Gunzip::after_magic()))
            }
            (_, half) => Self::Plain(half.then_some(MAGIC[0])),
        };
        Read::Bytes(0)
    }
}

fn copy(held: &mut Option<u8>, input: &mut &[u8], last: bool, out: &mut [u8]) -> Read {
    if let Some(byte) = held.take() {
        out[0] = byte;
        return Read::Bytes(1);
    }
    let n = input.len().min(out.len());
    if n == 0 {
        return if last { Read::End } else { Read::NeedInput };
    }
    let (now, later) = input.split_at(n);
    out[..n].copy_from_slice(now);
    *input = later;
    Read::Bytes(n)
}

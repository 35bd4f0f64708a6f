//! The decoded stream of an object: decompressed if its first bytes say so, else as it is.

use super::{
    Codec, Read,
    detect::{Front, LONGEST},
};
use crate::error::DecodeError;
use std::fmt;

/// Recognizes compression and undoes it.
pub(crate) struct Unpack {
    state: State,
    /// The first bytes, taken to look at them and not yet passed on.
    held: Held,
    ended: bool,
}

enum State {
    /// What was held so far may be the beginning of a magic.
    Unknown,
    /// Not compressed.
    Plain,
    Packed(Box<dyn Codec>),
}

impl Unpack {
    /// By what the first bytes say.
    pub(crate) fn detect() -> Self {
        Self { state: State::Unknown, held: Held::default(), ended: false }
    }

    /// Through this codec, whatever the first bytes are.
    pub(crate) fn through(codec: Box<dyn Codec>) -> Self {
        Self { state: State::Packed(codec), held: Held::default(), ended: false }
    }

    /// As [`Codec::read`]. Once it has returned `End` it does so again.
    ///
    /// # Errors
    /// Also if the codec ends before the object does: what it left would be lost without a word.
    pub(crate) fn read(
        &mut self,
        input: &mut &[u8],
        last: bool,
        out: &mut [u8],
    ) -> Result<Read, DecodeError> {
        if self.ended {
            return Ok(Read::End);
        }
        let read = match &mut self.state {
            State::Unknown => return self.look(input, last),
            State::Plain => copy(&mut self.held, input, last, out),
            State::Packed(codec) if self.held.is_empty() => codec.read(input, last, out)?,
            State::Packed(codec) => {
                let mut front = self.held.rest();
                let before = front.len();
                let read = codec.read(&mut front, last && input.is_empty(), out)?;
                let taken = before - front.len();
                self.held.pass(taken);
                // The input itself comes next.
                if read == Read::NeedInput { Read::Bytes(0) } else { read }
            }
        };
        if read == Read::End {
            if !(last && input.is_empty() && self.held.is_empty()) {
                let stored = self.compressed_bytes().unwrap_or_default();
                return Err(DecodeError::stored("the codec ended before the object did", stored));
            }
            self.ended = true;
        }
        Ok(read)
    }

    /// Bytes of compressed input so far; none where the object is not compressed.
    pub(crate) fn compressed_bytes(&self) -> Option<u64> {
        match &self.state {
            State::Packed(codec) => Some(codec.consumed()),
            State::Unknown | State::Plain => None,
        }
    }

    /// Takes one byte, or decides.
    fn look(&mut self, input: &mut &[u8], last: bool) -> Result<Read, DecodeError> {
        let Some((&first, rest)) = input.split_first() else {
            if last {
                self.state = State::Plain;
            }
            return Ok(if last { Read::Bytes(0) } else { Read::NeedInput });
        };
        match Front::of(self.held.with(first)) {
            Front::Plain => self.state = State::Plain,
            open_or_known => {
                *input = rest;
                self.held.len += 1;
                if let Front::Is(known) = open_or_known {
                    self.state = State::Packed(known.codec()?);
                }
            }
        }
        Ok(Read::Bytes(0))
    }
}

fn copy(held: &mut Held, input: &mut &[u8], last: bool, out: &mut [u8]) -> Read {
    let front = held.rest();
    if !front.is_empty() {
        let n = front.len().min(out.len());
        out[..n].copy_from_slice(&front[..n]);
        held.pass(n);
        return Read::Bytes(n);
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

impl fmt::Debug for Unpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpack").field("held", &self.held).finish_non_exhaustive()
    }
}

/// A few bytes, passed on from the front.
#[derive(Debug, Default)]
struct Held {
    bytes: [u8; LONGEST],
    len: usize,
    passed: usize,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.passed == self.len
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.passed..self.len]
    }

    fn pass(&mut self, n: usize) {
        self.passed += n;
    }

    /// All bytes taken, and this one behind them; fewer than the longest magic were taken.
    fn with(&mut self, next: u8) -> &[u8] {
        self.bytes[self.len] = next;
        &self.bytes[..=self.len]
    }
}

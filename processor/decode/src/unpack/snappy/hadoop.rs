//! Hadoop's framing of blocks: the length of a block, and then pieces of it, each with its length
//! compressed. It has no magic.

use super::{Piece, cut_short, damaged};
use crate::{
    error::DecodeError,
    unpack::{Codec, Read},
};

/// Of a block. Hadoop makes blocks of 256 KiB.
const MOST: usize = 16 << 20;

/// Undoes a sequence of blocks.
#[derive(Default)]
pub(crate) struct Hadoop {
    number: Vec<u8>,
    /// What of the block is still to come.
    block: usize,
    /// The piece at hand: its length compressed.
    piece_length: Option<usize>,
    piece: Piece,
    granted: u64,
    consumed: u64,
    /// Where the block or piece begins.
    start: u64,
}

impl Hadoop {
    /// Takes bytes of a length.
    fn number(&mut self, input: &mut &[u8]) -> Option<usize> {
        if self.number.is_empty() {
            self.start = self.consumed;
        }
        let missing = (4 - self.number.len()).min(input.len());
        self.number.extend_from_slice(&input[..missing]);
        *input = &input[missing..];
        let [a, b, c, d] = self.number[..] else { return None };
        self.number.clear();
        Some(u32::from_be_bytes([a, b, c, d]) as usize)
    }

    /// Takes bytes of a length, or of a piece.
    fn take(&mut self, input: &mut &[u8]) -> Result<Read, DecodeError> {
        let Some(length) = self.piece_length else {
            let Some(number) = self.number(input) else { return Ok(Read::Bytes(0)) };
            if self.block == 0 {
                if number > MOST {
                    return Err(damaged(
                        "a block of more than 16 MiB; is it Hadoop's?",
                        self.start,
                    ));
                }
                self.block = number;
                return Ok(Read::Bytes(0));
            }
            if number > snap::raw::max_compress_len(self.block) {
                return Err(damaged("a piece larger than its block", self.start));
            }
            self.piece.packed.clear();
            self.piece_length = Some(number);
            let needed = (number + self.block) as u64;
            if needed > self.granted {
                // Given back before more is asked for.
                self.piece = Piece::default();
                self.granted = needed;
                return Ok(Read::NeedMemory(needed));
            }
            return Ok(Read::Bytes(0));
        };
        if self.piece.fill(input, length) {
            self.piece_length = None;
            self.piece.undo(0, self.block).map_err(|text| damaged(text, self.start))?;
            self.block -= self.piece.unread.len();
        }
        Ok(Read::Bytes(0))
    }
}

impl Codec for Hadoop {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        let written = self.piece.pass_on(out);
        if written > 0 {
            return Ok(Read::Bytes(written));
        }
        if input.is_empty() && self.piece_length != Some(0) {
            let is_between = self.block == 0 && self.number.is_empty();
            return match last {
                false => Ok(Read::NeedInput),
                true if is_between && self.piece_length.is_none() => Ok(Read::End),
                true => Err(cut_short(self.consumed)),
            };
        }
        let before = input.len();
        let read = self.take(input);
        self.consumed += (before - input.len()) as u64;
        read
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

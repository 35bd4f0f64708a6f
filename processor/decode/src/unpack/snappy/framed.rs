//! The framing format of Snappy: chunks of 64 KiB at most, with a checksum each.

use super::{Piece, cut_short, damaged};
use crate::{
    error::{DecodeError, DecodeErrorKind},
    unpack::{Codec, Read},
};

const IDENTIFIER: &[u8] = b"sNaPpY";
/// Of a chunk's data, by the format.
const MOST: usize = 65_536;
/// What that may take compressed (`snap::raw::max_compress_len`), with the checksum.
const MOST_PACKED: usize = 4 + 32 + MOST + MOST / 6;

pub(in crate::unpack) struct Framed {
    header: Vec<u8>,
    /// The chunk at hand: its kind, and its length.
    chunk: Option<(u8, usize)>,
    piece: Piece,
    is_granted: bool,
    consumed: u64,
    /// Where the chunk begins.
    start: u64,
}

impl Framed {
    pub(in crate::unpack) fn new() -> Self {
        Self {
            header: Vec::new(),
            chunk: None,
            piece: Piece::default(),
            is_granted: false,
            consumed: 0,
            start: 0,
        }
    }

    /// Takes bytes of a header.
    fn header(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        if self.header.is_empty() {
            self.start = self.consumed;
        }
        let missing = (4 - self.header.len()).min(input.len());
        self.header.extend_from_slice(&input[..missing]);
        *input = &input[missing..];
        let [kind, a, b, c] = self.header[..] else { return Ok(()) };
        self.header.clear();
        let length = u32::from_le_bytes([a, b, c, 0]) as usize;
        let is_wrong = match kind {
            0x00 | 0x01 => !(4..=MOST_PACKED).contains(&length),
            0xff => length != IDENTIFIER.len(),
            // May be skipped.
            0x80..=0xfe => false,
            _ => return Err(DecodeError::new(DecodeErrorKind::TrailingGarbage, self.start)),
        };
        if is_wrong {
            return Err(damaged("a length that no chunk has", self.start));
        }
        self.piece.packed.clear();
        self.chunk = Some((kind, length));
        Ok(())
    }

    /// Takes bytes of a chunk.
    fn body(&mut self, input: &mut &[u8], kind: u8, length: usize) -> Result<(), DecodeError> {
        if (0x80..=0xfe).contains(&kind) {
            let now = length.min(input.len());
            *input = &input[now..];
            self.chunk = (now < length).then_some((kind, length - now));
            return Ok(());
        }
        if !self.piece.fill(input, length) {
            return Ok(());
        }
        self.chunk = None;
        let wrong = |text| damaged(text, self.start);
        match kind {
            0xff if self.piece.packed == IDENTIFIER => return Ok(()),
            0xff => return Err(wrong("no stream identifier")),
            0x00 => self.piece.undo(4, MOST).map_err(wrong)?,
            _ => {
                self.piece.plain.clear();
                self.piece.plain.extend_from_slice(&self.piece.packed[4..]);
                self.piece.unread = 0..length - 4;
            }
        }
        let plain = &self.piece.plain[self.piece.unread.clone()];
        let [a, b, c, d, ..] = self.piece.packed[..] else { return Ok(()) };
        if u32::from_le_bytes([a, b, c, d]) != masked(crc32c::crc32c(plain)) {
            return Err(damaged("checksum does not match", self.start));
        }
        Ok(())
    }
}

/// As the format stores it.
fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

impl Codec for Framed {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if !std::mem::replace(&mut self.is_granted, true) {
            return Ok(Read::NeedMemory((MOST + MOST_PACKED) as u64));
        }
        let written = self.piece.pass_on(out);
        if written > 0 {
            return Ok(Read::Bytes(written));
        }
        let before = input.len();
        match self.chunk {
            Some((kind, length)) if length == 0 || !input.is_empty() => {
                self.body(input, kind, length)?;
            }
            None if !input.is_empty() => self.header(input)?,
            None if last && self.header.is_empty() => return Ok(Read::End),
            _ if last => return Err(cut_short(self.consumed)),
            _ => return Ok(Read::NeedInput),
        }
        self.consumed += (before - input.len()) as u64;
        Ok(Read::Bytes(0))
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

//! UTF-16 with a byte order mark, as UTF-8.

use super::{Codec, Read};
use crate::error::{DecodeError, DecodeErrorKind, Detail};
use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

/// Decoded at a time; whoever reads may want less than one letter.
const BUFFER: usize = 4 * 1024;

/// Undoes one text, of which the mark comes first.
pub(super) struct Utf16 {
    /// Bytes of the mark, and one unit behind it: four bytes tell UTF-32 apart.
    front: Vec<u8>,
    decoder: Option<Decoder>,
    decoded: Vec<u8>,
    unread: std::ops::Range<usize>,
    consumed: u64,
    is_complete: bool,
}

impl Utf16 {
    pub(super) fn new() -> Self {
        Self {
            front: Vec::new(),
            decoder: None,
            decoded: vec![0; BUFFER],
            unread: 0..0,
            consumed: 0,
            is_complete: false,
        }
    }

    /// Takes the mark, and decides by it.
    fn begin(&mut self, input: &mut &[u8], last: bool) -> Result<(), DecodeError> {
        let missing = (4 - self.front.len()).min(input.len());
        self.front.extend_from_slice(&input[..missing]);
        *input = &input[missing..];
        self.consumed += missing as u64;
        if self.front.len() < 4 && !(last && input.is_empty()) {
            return Ok(());
        }
        let is_little = self.front.first() == Some(&0xff);
        if is_little && self.front.get(2..) == Some(&[0, 0]) {
            return Err(DecodeError::with(DecodeErrorKind::NotText, 0, Detail::Text("UTF-32")));
        }
        let encoding = if is_little { UTF_16LE } else { UTF_16BE };
        self.decoder = Some(encoding.new_decoder_without_bom_handling());
        self.front.drain(..self.front.len().min(2));
        Ok(())
    }

    /// Decodes some of the bytes. How many were read.
    fn decode(&mut self, bytes: &[u8], last: bool) -> Result<usize, DecodeError> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut self.decoded, last);
        self.unread = 0..written;
        match result {
            DecoderResult::Malformed(..) => Err(DecodeError::stored(
                "damaged UTF-16 (half a letter)",
                self.consumed + read as u64,
            )),
            DecoderResult::InputEmpty => {
                self.is_complete = last;
                Ok(read)
            }
            DecoderResult::OutputFull => Ok(read),
        }
    }
}

impl Codec for Utf16 {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if !self.unread.is_empty() {
            let n = self.unread.len().min(out.len());
            out[..n].copy_from_slice(&self.decoded[self.unread.start..self.unread.start + n]);
            self.unread.start += n;
            return Ok(Read::Bytes(n));
        }
        if self.is_complete {
            return Ok(Read::End);
        }
        if self.decoder.is_none() {
            if input.is_empty() && !last {
                return Ok(Read::NeedInput);
            }
            self.begin(input, last)?;
        } else if !self.front.is_empty() {
            let front = std::mem::take(&mut self.front);
            let ends = last && input.is_empty();
            self.decode(&front, ends)?;
        } else if input.is_empty() && !last {
            return Ok(Read::NeedInput);
        } else {
            let read = self.decode(input, last)?;
            *input = &input[read..];
            self.consumed += read as u64;
        }
        Ok(Read::Bytes(0))
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

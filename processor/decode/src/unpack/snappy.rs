//! Snappy in its own framing, and in Hadoop's: both cut the data into pieces that are compressed
//! each by itself, so one piece is held at a time.

mod framed;
mod hadoop;

pub(super) use framed::Framed;
pub(crate) use hadoop::Hadoop;

use crate::error::DecodeError;
use snap::raw::{Decoder, decompress_len};

/// A piece, compressed and undone.
#[derive(Default)]
struct Piece {
    packed: Vec<u8>,
    plain: Vec<u8>,
    /// What of it is to be read yet.
    unread: std::ops::Range<usize>,
}

impl Piece {
    /// Takes bytes until there are so many. Whether there are.
    fn fill(&mut self, input: &mut &[u8], length: usize) -> bool {
        let missing = (length - self.packed.len()).min(input.len());
        self.packed.extend_from_slice(&input[..missing]);
        *input = &input[missing..];
        self.packed.len() == length
    }

    /// Undoes what stands behind the first `skip` bytes, if that gives `most` at most.
    fn undo(&mut self, skip: usize, most: usize) -> Result<(), &'static str> {
        let packed = &self.packed[skip..];
        let length = decompress_len(packed).map_err(|_| "no length")?;
        if length > most {
            return Err("more data than allowed");
        }
        self.plain.resize(length, 0);
        let written = Decoder::new().decompress(packed, &mut self.plain);
        self.unread = 0..written.map_err(|_| "damaged data")?;
        Ok(())
    }

    /// Hands on what is undone. How much.
    fn pass_on(&mut self, out: &mut [u8]) -> usize {
        let n = self.unread.len().min(out.len());
        out[..n].copy_from_slice(&self.plain[self.unread.start..self.unread.start + n]);
        self.unread.start += n;
        n
    }
}

fn damaged(text: &str, at: u64) -> DecodeError {
    DecodeError::stored(format!("damaged Snappy chunk ({text})"), at)
}

fn cut_short(at: u64) -> DecodeError {
    DecodeError::stored("Snappy data ends inside a chunk, the object is incomplete", at)
}

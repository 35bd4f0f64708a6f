//! One compression around another: each codec reads what the one around it writes.

use super::held::Held;
use crate::{
    error::DecodeError,
    unpack::{Codec, Read},
};

/// Between two layers. The innermost writes straight into the block.
const BUFFER: usize = 16 << 10;

pub(super) struct Layer {
    codec: Box<dyn Codec>,
    /// The magic by which it was recognized: it comes first.
    front: Held,
    /// What the layer around it made, and which part of that is to be read; not of the outermost.
    buffer: Vec<u8>,
    unread: std::ops::Range<usize>,
    /// The layer around it has ended.
    is_last: bool,
    has_ended: bool,
    /// What it was granted.
    memory: u64,
    /// Bytes that it made for the one inside of it.
    made: u64,
    /// How many are around it.
    depth: usize,
}

impl Layer {
    pub(super) fn new(codec: Box<dyn Codec>, front: Held, depth: usize) -> Self {
        Self {
            codec,
            front,
            buffer: if depth > 0 { vec![0; BUFFER] } else { Vec::new() },
            unread: 0..0,
            is_last: false,
            has_ended: false,
            memory: 0,
            made: 0,
            depth,
        }
    }

    pub(super) fn consumed(&self) -> u64 {
        self.codec.consumed()
    }

    pub(super) fn made(&self) -> u64 {
        self.made
    }

    pub(super) fn max_ratio(&self) -> u32 {
        self.codec.max_ratio()
    }

    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        let read = self.codec.read(input, last, out);
        let read = read.map_err(|error| error.within_layers(self.depth))?;
        if read == Read::End {
            if !(last && input.is_empty()) {
                let text = "the codec ended before the object did";
                let error = DecodeError::stored(text, self.codec.consumed());
                return Err(error.within_layers(self.depth));
            }
            self.has_ended = true;
        }
        Ok(read)
    }

    /// Reads on in the magic; `None` behind it. `last`: nothing follows it.
    fn read_front(&mut self, last: bool, out: &mut [u8]) -> Option<Result<Read, DecodeError>> {
        if self.front.rest().is_empty() {
            return None;
        }
        let mut front = std::mem::take(&mut self.front);
        let mut rest = front.rest();
        let before = rest.len();
        let read = self.read(&mut rest, last, out);
        let taken = before - rest.len();
        front.pass(taken);
        self.front = front;
        // The input itself comes next.
        let read = read.map(|read| if read == Read::NeedInput { Read::Bytes(0) } else { read });
        Some(read)
    }
}

/// Bytes of the innermost of these layers; of the object itself where there are none.
pub(super) fn pull(
    layers: &mut [Layer],
    input: &mut &[u8],
    last: bool,
    out: &mut [u8],
) -> Result<Read, DecodeError> {
    let Some((layer, around)) = layers.split_last_mut() else {
        return Ok(copy(input, last, out));
    };
    if layer.has_ended {
        return Ok(Read::End);
    }
    let held: u64 = around.iter().map(|layer| layer.memory).sum();
    let is_outermost = around.is_empty();
    let read = match layer.read_front(is_outermost && last && input.is_empty(), out) {
        Some(read) => read?,
        None if is_outermost => layer.read(input, last, out)?,
        None => {
            if layer.unread.is_empty() && !layer.is_last {
                match pull(around, input, last, &mut layer.buffer)? {
                    Read::Bytes(made) => {
                        layer.unread = 0..made;
                        if let Some(outer) = around.last_mut() {
                            outer.made += made as u64;
                        }
                        if made == 0 {
                            return Ok(Read::Bytes(0));
                        }
                    }
                    Read::End => layer.is_last = true,
                    Read::NeedMemory(bytes) => return Ok(Read::NeedMemory(bytes + layer.memory)),
                    Read::NeedInput => return Ok(Read::NeedInput),
                }
            }
            let buffer = std::mem::take(&mut layer.buffer);
            let mut rest = &buffer[layer.unread.clone()];
            let read = layer.read(&mut rest, layer.is_last, out);
            layer.unread.start = layer.unread.end - rest.len();
            layer.buffer = buffer;
            match read? {
                Read::NeedInput => Read::Bytes(0),
                read => read,
            }
        }
    };
    Ok(match read {
        Read::NeedMemory(bytes) => {
            layer.memory = bytes;
            Read::NeedMemory(held + bytes)
        }
        read => read,
    })
}

fn copy(input: &mut &[u8], last: bool, out: &mut [u8]) -> Read {
    let n = input.len().min(out.len());
    if n == 0 {
        return if last { Read::End } else { Read::NeedInput };
    }
    let (now, later) = input.split_at(n);
    out[..n].copy_from_slice(now);
    *input = later;
    Read::Bytes(n)
}

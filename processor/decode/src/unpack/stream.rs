//! The decoded stream of an object: decompressed if its first bytes say so, else as it is. What
//! comes out is looked at in the same way, so that one compression inside another is undone too.

mod held;
mod layer;

use self::{
    held::Held,
    layer::{Layer, pull},
};
use super::{Codec, Read, detect::Front};
use crate::error::{DecodeError, DecodeErrorKind, Detail};
use std::fmt;

/// So many layers at most. CloudWatch Logs through Firehose has two.
const MOST_LAYERS: usize = 3;

/// Recognizes compression and undoes it.
pub(crate) struct Unpack {
    /// The outermost first. None: the object is not compressed.
    layers: Vec<Layer>,
    /// The first bytes of the innermost, taken to look at them and not yet passed on.
    held: Held,
    /// What these are is not known yet.
    is_looking: bool,
    /// Whether they should be text.
    is_text: bool,
    has_ended: bool,
}

impl Unpack {
    /// By what the first bytes say. `is_text`: of what should be text in the end.
    pub(crate) fn detect(is_text: bool) -> Self {
        let (layers, held) = (Vec::new(), Held::default());
        Self { layers, held, is_looking: true, is_text, has_ended: false }
    }

    /// Through this codec, whatever the first bytes are.
    pub(crate) fn through(codec: Box<dyn Codec>) -> Self {
        let layers = vec![Layer::new(codec, Held::default(), 0)];
        Self { layers, is_looking: false, ..Self::detect(false) }
    }

    /// As [`Codec::read`]. Once it has returned `End` it does so again.
    ///
    /// # Errors
    /// Also if a codec ends before what it undoes does: what it left would be lost without a word.
    pub(crate) fn read(
        &mut self,
        input: &mut &[u8],
        last: bool,
        out: &mut [u8],
    ) -> Result<Read, DecodeError> {
        if self.has_ended {
            return Ok(Read::End);
        }
        if self.is_looking {
            return self.look(input, last);
        }
        let held = self.held.pass_on(out);
        // Whoever asks for memory is called again only when it has it.
        if held > 0 && (held == out.len() || !self.layers.is_empty()) {
            return Ok(Read::Bytes(held));
        }
        match pull(&mut self.layers, input, last, &mut out[held..])? {
            Read::Bytes(more) => Ok(Read::Bytes(held + more)),
            _ if held > 0 => Ok(Read::Bytes(held)),
            Read::End => {
                self.has_ended = true;
                Ok(Read::End)
            }
            other => Ok(other),
        }
    }

    /// Bytes of the object so far, if it is compressed.
    pub(crate) fn compressed_bytes(&self) -> Option<u64> {
        self.layers.first().map(Layer::consumed)
    }

    /// The most bytes that one layer made for the next.
    pub(crate) fn passed_inwards(&self) -> u64 {
        self.layers.iter().map(Layer::made).max().unwrap_or_default()
    }

    /// How far an object may expand by the codec that expands most.
    pub(crate) fn max_ratio(&self) -> u32 {
        self.layers.iter().map(Layer::max_ratio).max().unwrap_or_default()
    }

    /// Takes one byte of the innermost, or decides.
    fn look(&mut self, input: &mut &[u8], last: bool) -> Result<Read, DecodeError> {
        let mut first = [0];
        match pull(&mut self.layers, input, last, &mut first)? {
            Read::Bytes(0) => {}
            Read::Bytes(_) => match Front::of(self.held.push(first[0]), self.is_text) {
                Front::Open => {}
                Front::Plain => self.is_looking = false,
                Front::Is(known) => {
                    if self.layers.len() == MOST_LAYERS {
                        let most = Detail::Limit(MOST_LAYERS as u64);
                        return Err(DecodeError::with(DecodeErrorKind::TooManyLayers, 0, most));
                    }
                    let front = std::mem::take(&mut self.held);
                    self.layers.push(Layer::new(known.codec()?, front, self.layers.len()));
                }
            },
            Read::End => self.is_looking = false,
            other => return Ok(other),
        }
        Ok(Read::Bytes(0))
    }
}

impl fmt::Debug for Unpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpack").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}

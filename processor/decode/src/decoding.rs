//! One object's way through its decoder.

use crate::{
    block::Block,
    decoder::{Decode, Decoder, Input, ObjectInfo, Step},
    error::{DecodeError, DecodeErrorKind, Detail},
    limits::DecodeLimits,
    writer::BlockWriter,
};
use std::fmt;

/// So many steps in a row may neither take input nor write.
const IDLE: u32 = 1_000;

/// Decodes one object: drives a [`Decode`], and holds it to its contract and to the limits.
///
/// Memory is bounded by the block, by the limit on records and by what was granted to the decoder.
/// A block grows to the largest record and 64 KiB at most; or, where blocks are not of one size, to
/// the largest that the object had.
pub struct Decoding {
    decode: Box<dyn Decode>,
    limits: DecodeLimits,
    /// Set where a block begins.
    next: Option<Start>,
    /// Where the block ended after the last step.
    end: u64,
    /// The largest block so far.
    largest: usize,
    /// Decoded bytes so far.
    decoded: u64,
    /// Steps in a row that came to nothing.
    idle: u32,
    ended: Option<Result<(), DecodeError>>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    base: u64,
    index: u64,
}

impl Decoding {
    /// Begins with a new object.
    pub fn new(decoder: &dyn Decoder, object: &ObjectInfo<'_>, limits: DecodeLimits) -> Self {
        let limits = limits.clamped();
        Self::of(decoder.begin(object, &limits), limits)
    }

    /// Drives what has begun, under these limits.
    pub(crate) fn of(decode: Box<dyn Decode>, limits: DecodeLimits) -> Self {
        Self {
            decode,
            limits,
            next: Some(Start { base: 0, index: 0 }),
            end: 0,
            largest: 0,
            decoded: 0,
            idle: 0,
            ended: None,
        }
    }

    /// How many bytes the decoder wrote so far and did not take back. It only grows.
    pub fn decoded_bytes(&self) -> u64 {
        self.decoded
    }

    /// How many parts of the object so far are no records by the format's own rules.
    pub fn passed_over(&self) -> u64 {
        self.decode.passed_over()
    }

    /// Takes from the front of `input` and adds records to `block`; `last` says that no input
    /// follows.
    ///
    /// After [`Step::End`] or an error it only says so again.
    ///
    /// # Errors
    /// If the object cannot be decoded, or exceeds a limit, or if its decoder does not go on.
    /// Records that are in the block are valid; the object as a whole is not.
    ///
    /// # Panics
    /// If the block after a full one still has records, which would be lost, or if the block
    /// changes when it should not. If the decoder panics.
    pub fn step(
        &mut self,
        input: &mut &[u8],
        last: bool,
        block: &mut Block,
    ) -> Result<Step, DecodeError> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| Step::End);
        }
        if let Some(start) = self.next.take() {
            assert!(block.is_empty(), "the block was not handed on and cleared");
            block.begin(start.base, start.index);
        } else {
            assert_eq!(block.end(), self.end, "not the block of the last step");
        }
        let (input_before, records_before) = (input.len(), block.len());
        self.largest = self.largest.max(block.capacity());
        let mut writer = BlockWriter::new(block, self.limits.max_record_bytes, self.largest);
        let step = self.decode.step(Input::new(input, last), &mut writer);
        self.end = block.end();
        let moved =
            input.len() < input_before || self.end > self.decoded || block.len() > records_before;
        self.idle = if moved { 0 } else { self.idle + 1 };
        self.decoded = self.decoded.max(self.end);
        let step = step.and_then(|step| self.check(step, input.is_empty() && !last, block));
        match &step {
            Ok(Step::End) => self.ended = Some(Ok(())),
            Ok(Step::BlockFull) => {
                self.next = Some(Start { base: self.end, index: block.next_index() });
            }
            Ok(_) => {}
            Err(error) => self.ended = Some(Err(error.clone())),
        }
        step
    }

    /// A net: built-in decoders never come to any of this, except that they may be refused memory.
    fn check(&self, step: Step, may_need_input: bool, block: &Block) -> Result<Step, DecodeError> {
        let fail = |kind, offset, detail| Err(DecodeError::with(kind, offset, detail));
        let stuck = |text| fail(DecodeErrorKind::Stuck, self.decoded, Detail::Text(text));
        let DecodeLimits { max_object_bytes, max_memory, .. } = self.limits;
        if self.decoded > max_object_bytes {
            let limit = Detail::Limit(max_object_bytes);
            return fail(DecodeErrorKind::ObjectTooLarge, max_object_bytes, limit);
        }
        match step {
            Step::NeedInput if may_need_input => Ok(step),
            Step::NeedInput => stuck("it asks for input and has some, or there is no more"),
            Step::BlockFull if block.is_empty() => stuck("it fills blocks without records"),
            Step::NeedMemory(bytes) if bytes > max_memory => {
                let detail = Detail::Wanted { bytes, limit: max_memory };
                fail(DecodeErrorKind::Memory, self.decoded, detail)
            }
            Step::BlockFull | Step::Yield | Step::NeedMemory(_) if self.idle > IDLE => {
                stuck("it neither takes input nor writes")
            }
            _ => Ok(step),
        }
    }
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("decoded", &self.decoded).finish_non_exhaustive()
    }
}

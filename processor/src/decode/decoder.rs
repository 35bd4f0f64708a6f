//! One object's way from stored bytes to records.

use super::block::{Block, FaultKind};
use super::error::{DecodeError, DecodeErrorKind, Detail};
use super::framer::{Framer, Rest, Scan, Sink, Unframed};
use super::framing::Framing;
use super::limits::DecodeLimits;
use super::source::{Read, Source};

/// Decoded bytes are framed in pieces of this size, while they are in the cache. For each piece the
/// decompressor saves 32 KiB of history and later copies from there instead of from the output:
/// pieces of 64 KiB cost 5 to 10 %.
pub(super) const SLICE: usize = 256 * 1024;

/// Space for decoded bytes that a block has beyond the largest record.
const SPACE: usize = 64 * 1024;

/// Decoded bytes after which a step ends: 1 to 2 ms.
const STEP_BYTES: usize = 1024 * 1024;

/// What a read costs besides its bytes, in the same measure; empty gzip members give none.
const READ_COST: usize = 256;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decodes one object.
///
/// Memory is bounded by the block and the limit on records, whatever the input.
#[derive(Debug)]
pub(crate) struct Decoder {
    source: Source,
    framer: Framer,
    limits: DecodeLimits,
    at_start: bool,
    /// Decoded bytes so far.
    decoded: u64,
    /// Where in the block the unfinished record begins, and up to where bytes were framed.
    open: usize,
    scanned: usize,
    /// Set after a block was full: where the next one starts, and with what.
    next: Option<Start>,
    carry: Vec<u8>,
    /// Offset of the record that is too large and passed over.
    skipping: Option<u64>,
    /// A limit was reached: the error once the bytes before it are framed.
    exceeded: Option<DecodeError>,
    ended: Option<Result<(), DecodeError>>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    base: u64,
    index: u64,
}

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Step {
    /// All input was taken: call again with more of it and the same block.
    NeedInput,
    /// The block is to be handed on: call again with the rest of the input and a cleared block.
    BlockFull,
    /// Enough for one step: call again with the rest of the input and the same block.
    Yield,
    /// The object is complete and valid; the block may hold its last records.
    End,
}

impl Decoder {
    /// A decoder for a new object.
    pub(crate) fn new(framing: Framing, limits: DecodeLimits) -> Self {
        Self {
            source: Source::Unknown,
            framer: Framer::new(framing),
            limits: limits.clamped(),
            at_start: true,
            decoded: 0,
            open: 0,
            scanned: 0,
            next: Some(Start { base: 0, index: 0 }),
            carry: Vec::new(),
            skipping: None,
            exceeded: None,
            ended: None,
        }
    }

    /// How many bytes were decoded so far.
    pub(crate) fn decoded_bytes(&self) -> u64 {
        self.decoded
    }

    /// Takes from the front of `input` and adds records to `block`; `last` says that no input
    /// follows.
    ///
    /// Writes about a mebibyte at most and never blocks. After [`Step::End`] or an error it only
    /// says so again.
    ///
    /// # Errors
    /// If the object cannot be decoded, or exceeds a limit. Records that are in the block are
    /// valid; the object as a whole is not.
    ///
    /// # Panics
    /// If the block after a full one still has records, which would be lost, or if the block
    /// changes when it should not.
    pub(crate) fn step(
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
            block.begin(start.base, start.index, &self.carry);
            self.carry.clear();
        }
        assert_eq!(block.end(), self.decoded, "not the block of the last step");
        let step = self.advance(input, last, block);
        match &step {
            Ok(Step::End) => self.ended = Some(Ok(())),
            Err(error) => self.ended = Some(Err(error.clone())),
            Ok(_) => {}
        }
        step
    }

    fn advance(
        &mut self,
        input: &mut &[u8],
        last: bool,
        block: &mut Block,
    ) -> Result<Step, DecodeError> {
        let mut budget = STEP_BYTES;
        loop {
            if !self.frame(block, false)? {
                return Ok(self.hand_on(block));
            }
            if let Some(error) = self.exceeded.take() {
                return Err(error);
            }
            if budget == 0 {
                return Ok(Step::Yield);
            }
            if !self.make_space(block) {
                return Ok(self.hand_on(block));
            }
            match self.source.read(input, last, block.spare(SLICE))? {
                Read::Bytes(written) => {
                    block.advance(written);
                    self.count(written, block);
                    budget = budget.saturating_sub(written + READ_COST);
                }
                Read::NeedInput => return Ok(Step::NeedInput),
                Read::End => return self.finish(block),
            }
        }
    }

    /// Finds records in what was not looked at yet. False: the block ends here, with a fault.
    fn frame(&mut self, block: &mut Block, end_of_input: bool) -> Result<bool, DecodeError> {
        if self.at_start && !self.pass_bom(block, end_of_input) {
            return Ok(true);
        }
        while self.scanned < block.filled().len() {
            let max = self.limits.max_record_bytes;
            let (bytes, spans) = block.parts();
            let mut sink = Sink { spans, max, skipping: self.skipping.is_some() };
            match self.framer.scan(bytes, self.scanned, self.open, &mut sink) {
                Ok(Scan { upto, refused: None, open }) => {
                    (self.scanned, self.open) = (upto, open);
                    return self.bound_unfinished(block);
                }
                Ok(Scan { upto, refused: Some(start), .. }) => {
                    (self.scanned, self.open) = (upto, upto);
                    if self.skipping.take().is_none() {
                        block.set_fault(block.base() + start as u64, FaultKind::RecordTooLarge);
                        return Ok(false);
                    }
                    self.discard(block, upto);
                }
                Err(unframed) => return self.unframed(block, unframed),
            }
        }
        Ok(true)
    }

    /// Decides whether the stream begins with a byte order mark; false while that is open.
    fn pass_bom(&mut self, block: &Block, end_of_input: bool) -> bool {
        let bytes = block.filled();
        if self.framer.strips_bom()
            && bytes.len() < BOM.len()
            && BOM.starts_with(bytes)
            && !end_of_input
        {
            return false;
        }
        self.at_start = false;
        if self.framer.strips_bom() && bytes.starts_with(BOM) {
            (self.open, self.scanned) = (BOM.len(), BOM.len());
        }
        true
    }

    /// Gives up a record that is too large before its end is known, so that it takes no more
    /// memory.
    fn bound_unfinished(&mut self, block: &mut Block) -> Result<bool, DecodeError> {
        let filled = block.filled().len();
        if self.skipping.is_some() {
            self.discard(block, filled);
        } else if filled - self.open > self.limits.max_record_bytes + self.framer.slack() {
            let offset = block.base() + self.open as u64;
            if matches!(self.framer, Framer::Whole) {
                let limit = self.limits.max_record_bytes as u64;
                return Err(DecodeError::with(
                    DecodeErrorKind::RecordTooLarge,
                    limit,
                    Detail::Limit(limit),
                ));
            }
            block.set_fault(offset, FaultKind::RecordTooLarge);
            self.skipping = Some(offset);
            // Nothing of it is carried over.
            self.open = filled;
            return Ok(false);
        }
        Ok(true)
    }

    /// Bytes that are no records fail the object. A record already too large before them is
    /// reported first, as it would be had the bytes come one by one.
    fn unframed(&mut self, block: &mut Block, unframed: Unframed) -> Result<bool, DecodeError> {
        let Unframed { kind, at, open, detail } = unframed;
        let error = DecodeError::with(kind, block.base() + at as u64, detail);
        if self.skipping.is_some() || at - open <= self.limits.max_record_bytes {
            return Err(error);
        }
        block.set_fault(block.base() + open as u64, FaultKind::RecordTooLarge);
        self.ended = Some(Err(error));
        Ok(false)
    }

    /// Counts decoded bytes and cuts off those beyond the limit on objects.
    fn count(&mut self, written: usize, block: &mut Block) {
        self.decoded += written as u64;
        let limit = self.limits.max_object_bytes;
        if let Some(beyond) = self.decoded.checked_sub(limit).filter(|beyond| *beyond > 0) {
            // No more than were just written, as the limit held before.
            block.truncate(block.filled().len() - beyond as usize);
            self.decoded = limit;
            self.exceeded = Some(DecodeError::with(
                DecodeErrorKind::ObjectTooLarge,
                limit,
                Detail::Limit(limit),
            ));
            return;
        }
        let compressed = self.source.compressed_bytes();
        if compressed.is_some_and(|compressed| self.limits.ratio_exceeded(self.decoded, compressed))
        {
            let limit = Detail::Limit(self.limits.max_ratio.into());
            self.exceeded = Some(DecodeError::with(DecodeErrorKind::Ratio, self.decoded, limit));
        }
    }

    /// Makes space in the block to decode to; false if it is to be handed on instead.
    fn make_space(&mut self, block: &mut Block) -> bool {
        // A few bytes are not worth a call of the decompressor.
        let least = (block.capacity() / 16).clamp(1, 4096);
        if block.space() >= least {
            return true;
        }
        if !block.is_empty() {
            return false;
        }
        self.discard(block, self.open);
        if block.space() < least {
            block.grow(self.limits.max_record_bytes + SPACE);
        }
        true
    }

    /// Drops the first `n` bytes of a block without records; they were looked at.
    fn discard(&mut self, block: &mut Block, n: usize) {
        block.discard(n);
        self.scanned -= n;
        self.open = self.open.saturating_sub(n);
    }

    /// Ends a block: what is not yet part of a record goes to the next one.
    fn hand_on(&mut self, block: &mut Block) -> Step {
        self.carry.extend_from_slice(&block.filled()[self.open..]);
        self.next =
            Some(Start { base: block.base() + self.open as u64, index: block.next_index() });
        self.scanned -= self.open;
        self.open = 0;
        Step::BlockFull
    }

    /// The decoded stream is complete.
    fn finish(&mut self, block: &mut Block) -> Result<Step, DecodeError> {
        if !self.frame(block, true)? {
            return Ok(self.hand_on(block));
        }
        let offset = block.base() + self.open as u64;
        let (bytes, spans) = block.parts();
        let (rest, record) = self.framer.finish(&bytes[self.open..]);
        match (rest, self.skipping) {
            (Rest::Partial, skipped) => {
                let at = skipped.unwrap_or(offset);
                let partial = DecodeError::new(DecodeErrorKind::PartialRecord, at);
                return Err(partial);
            }
            (Rest::Nothing, _) | (Rest::Record, Some(_)) => {}
            (Rest::Record, None) => {
                let mut sink = Sink { spans, max: self.limits.max_record_bytes, skipping: false };
                if sink.take(self.open, self.open + record.len()).is_err() {
                    block.set_fault(offset, FaultKind::RecordTooLarge);
                }
            }
        }
        Ok(Step::End)
    }
}

//! The built-in streaming decoder: a codec and a framer.

use crate::{
    decoder::{Decode, Input, Step},
    error::{DecodeError, DecodeErrorKind, Detail},
    fault::FaultKind,
    foreign,
    frame::{Framer, Rest, Scan, Sink, Unframed},
    limits::{DecodeLimits, exceeds},
    unpack::{Read, stream::Unpack},
    writer::BlockWriter,
};

/// Decoded bytes are framed in pieces of this size, while they are in the cache. For each piece the
/// decompressor saves 32 KiB of history and later copies from there instead of from the output:
/// pieces of 64 KiB cost 5 to 10 %.
pub(crate) const SLICE: usize = 256 * 1024;

/// Decoded bytes after which a step ends: 1 to 2 ms.
const STEP_BYTES: usize = 1024 * 1024;

/// What a read costs besides its bytes, in the same measure; empty gzip members give none.
const READ_COST: usize = 256;

/// Decodes one object: bytes are unpacked into the block and framed there, slice by slice.
///
/// What the framer is, is known when it is compiled: records are no calls.
#[derive(Debug)]
pub(crate) struct Framed<F> {
    unpack: Unpack,
    framer: F,
    limits: DecodeLimits,
    /// What the object is was not looked at yet.
    at_start: bool,
    /// Where in the block the unfinished record begins, and up to where bytes were framed.
    open: usize,
    scanned: usize,
    /// Taken back from a full block, for the next one.
    carry: Vec<u8>,
    /// Offset of the record that is too large and passed over.
    skipping: Option<u64>,
    /// No more comes, by a limit or damage: the error once the bytes before it are framed.
    exceeded: Option<DecodeError>,
    /// The error once the block is handed on.
    failed: Option<DecodeError>,
}

impl<F: Framer> Framed<F> {
    pub(crate) fn new(unpack: Unpack, framer: F, limits: DecodeLimits) -> Self {
        Self {
            unpack,
            framer,
            limits,
            at_start: true,
            open: 0,
            scanned: 0,
            carry: Vec::new(),
            skipping: None,
            exceeded: None,
            failed: None,
        }
    }
}

impl<F: Framer> Decode for Framed<F> {
    /// Writes about a mebibyte at most.
    fn step(
        &mut self,
        input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        block.write(&self.carry);
        self.carry.clear();
        let Input { bytes: input, last } = input;
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
            match self.unpack.read(input, last, block.spare(SLICE)) {
                Err(error) => self.exceeded = Some(error),
                Ok(Read::Bytes(written)) => {
                    block.advance(written);
                    self.hold_to_limits(block);
                    budget = budget.saturating_sub(written + READ_COST);
                }
                Ok(Read::NeedInput) => return Ok(Step::NeedInput),
                Ok(Read::NeedMemory(bytes)) => return Ok(Step::NeedMemory(bytes)),
                Ok(Read::End) => return self.finish(block),
            }
        }
    }
}

impl<F: Framer> Framed<F> {
    /// Finds records in what was not looked at yet. False: the block ends here, with a fault.
    fn frame(
        &mut self,
        block: &mut BlockWriter<'_>,
        end_of_input: bool,
    ) -> Result<bool, DecodeError> {
        if self.at_start && !self.look(block, end_of_input)? {
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
                        too_large(block, start);
                        return Ok(false);
                    }
                    self.discard(block, upto);
                }
                Err(unframed) => return self.unframed(block, unframed),
            }
        }
        Ok(true)
    }

    /// Looks whether the object is something else than text; false while too little of it is known.
    fn look(&mut self, block: &BlockWriter<'_>, end_of_input: bool) -> Result<bool, DecodeError> {
        let front = block.filled();
        let is_all = end_of_input || self.exceeded.is_some();
        if F::TEXT && front.len() < foreign::LOOK && !is_all {
            return Ok(false);
        }
        self.at_start = false;
        match foreign::known(front).filter(|_| F::TEXT) {
            Some(name) => Err(DecodeError::with(DecodeErrorKind::NotText, 0, Detail::Text(name))),
            None => Ok(true),
        }
    }

    /// Gives up a record that is too large before its end is known, so that it takes no more
    /// memory.
    fn bound_unfinished(&mut self, block: &mut BlockWriter<'_>) -> Result<bool, DecodeError> {
        let filled = block.filled().len();
        if self.skipping.is_some() {
            self.discard(block, filled);
        } else if filled - self.open > self.limits.max_record_bytes + self.framer.slack() {
            if !F::GOES_ON {
                let limit = self.limits.max_record_bytes as u64;
                return Err(DecodeError::with(
                    DecodeErrorKind::RecordTooLarge,
                    limit,
                    Detail::Limit(limit),
                ));
            }
            self.skipping = Some(offset(block, self.open));
            too_large(block, self.open);
            // Nothing of it is carried over.
            self.open = filled;
            return Ok(false);
        }
        Ok(true)
    }

    /// Bytes that are no records fail the object. A record already too large before them is
    /// reported first, as it would be had the bytes come one by one.
    fn unframed(
        &mut self,
        block: &mut BlockWriter<'_>,
        unframed: Unframed,
    ) -> Result<bool, DecodeError> {
        let Unframed { kind, at, open, detail } = unframed;
        let error = DecodeError::with(kind, offset(block, at), detail);
        if self.skipping.is_some() || at - open <= self.limits.max_record_bytes {
            return Err(error);
        }
        too_large(block, open);
        self.failed = Some(error);
        // Nothing is carried over, and nothing before the fault is taken back.
        let filled = block.filled().len();
        (self.scanned, self.open) = (filled, filled);
        Ok(false)
    }

    /// Cuts off what was written beyond the limit on objects.
    fn hold_to_limits(&mut self, block: &mut BlockWriter<'_>) {
        let decoded = block.position();
        let limit = self.limits.max_object_bytes;
        if let Some(beyond) = decoded.checked_sub(limit).filter(|beyond| *beyond > 0) {
            // No more than were just written, as the limit held before.
            block.truncate(block.filled().len() - beyond as usize);
            self.exceeded = Some(DecodeError::with(
                DecodeErrorKind::ObjectTooLarge,
                limit,
                Detail::Limit(limit),
            ));
            return;
        }
        let Some(compressed) = self.unpack.compressed_bytes() else { return };
        // A layer that expands into nothing takes time all the same.
        let most = decoded.max(self.unpack.passed_inwards());
        let ratio = self.limits.max_ratio.unwrap_or_else(|| self.unpack.max_ratio());
        if exceeds(most, compressed, ratio) {
            let limit = Detail::Limit(ratio.into());
            self.exceeded = Some(DecodeError::with(DecodeErrorKind::Ratio, decoded, limit));
        }
    }

    /// Makes space in the block to decode to; false if it is to be handed on instead.
    fn make_space(&mut self, block: &mut BlockWriter<'_>) -> bool {
        if !block.has_space() && !block.has_records() {
            self.discard(block, self.open);
        }
        block.make_space()
    }

    /// Drops the first `n` bytes of a block without records; they were looked at.
    fn discard(&mut self, block: &mut BlockWriter<'_>, n: usize) {
        block.discard(n);
        self.scanned -= n;
        self.open = self.open.saturating_sub(n);
    }

    /// Ends a block: what is not yet part of a record goes to the next one.
    fn hand_on(&mut self, block: &mut BlockWriter<'_>) -> Step {
        self.carry.extend_from_slice(&block.filled()[self.open..]);
        block.truncate(self.open);
        self.scanned -= self.open;
        self.open = 0;
        Step::BlockFull
    }

    /// The decoded stream is complete.
    fn finish(&mut self, block: &mut BlockWriter<'_>) -> Result<Step, DecodeError> {
        if !self.frame(block, true)? {
            return Ok(self.hand_on(block));
        }
        let (rest, record) = self.framer.finish(&block.filled()[self.open..]);
        let end = self.open + record.len();
        // What is too large is that whatever is in it.
        let is_large = record.len() > self.limits.max_record_bytes;
        match (rest, self.skipping) {
            (Rest::Partial, skipped) => {
                let at = skipped.unwrap_or_else(|| offset(block, self.open));
                let partial = DecodeError::new(DecodeErrorKind::PartialRecord, at);
                return Err(partial);
            }
            (Rest::Stray(byte), _) => {
                let at = offset(block, self.open);
                let stray = Detail::Byte(byte);
                return Err(DecodeError::with(DecodeErrorKind::StrayByte, at, stray));
            }
            (Rest::Unframed(kind, detail), None) => {
                return Err(DecodeError::with(kind, offset(block, self.open), detail));
            }
            (Rest::Nothing, None) if !is_large => {}
            (Rest::Record | Rest::Nothing, None) => {
                let taken = block.record(self.open..end);
                debug_assert!(taken, "a block ends with its fault");
            }
            (Rest::Nothing | Rest::Record | Rest::Unframed(..), Some(_)) => {}
        }
        Ok(Step::End)
    }
}

fn too_large(block: &mut BlockWriter<'_>, start: usize) {
    let taken = block.fault(start, FaultKind::RecordTooLarge);
    debug_assert!(taken, "a block ends with its fault");
}

/// Where a byte of the block stands in the decoded stream.
fn offset(block: &BlockWriter<'_>, at: usize) -> u64 {
    block.position() - (block.filled().len() - at) as u64
}

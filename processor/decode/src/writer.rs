//! The decoder's side of a block.

use crate::{block::Block, fault::FaultKind};
use std::ops::Range;

/// Space for decoded bytes that a block has beyond the largest record.
const SPACE: usize = 64 * 1024;

/// What a decoder fills a [`Block`] through.
///
/// # Two ways to make records
///
/// - *Spans*: write decoded bytes into [`spare`](Self::spare) and say how many with
///   [`advance`](Self::advance); name what is a record in [`filled`](Self::filled) with
///   [`record`](Self::record). Nothing is copied.
/// - *Rows*: give each record, written anew, to [`copy`](Self::copy).
///
/// # The decoded stream
///
/// It is everything that the decoder wrote and did not take back, in whatever blocks: rows, and
/// bytes that are part of no record as well. A record's *offset* is where its first byte stands in
/// this stream, its *index* its position among the object's records; a fault takes an index too.
/// Both are the same however the input is cut and whatever a block holds.
///
/// # The end of a block
///
/// When no more fits, and after a fault, the decoder returns
/// [`Step::BlockFull`](crate::Step::BlockFull). Bytes that are not yet part of a record would be
/// lost with the block. So the decoder takes them back before ([`truncate`](Self::truncate)), keeps
/// them, and writes them at the start of the next block ([`write`](Self::write)).
///
/// A block has at most one fault, after all of its records.
///
/// # Panics
///
/// What would corrupt records panics, as each function says. In a pipeline that is the failure of
/// this object, and of no other.
#[derive(Debug)]
pub struct BlockWriter<'a> {
    block: &'a mut Block,
    max_record_bytes: usize,
    /// No block of this object becomes larger.
    most: usize,
    /// Bytes of the last [`spare`](Self::spare) that may still be said to be written.
    lent: usize,
}

impl<'a> BlockWriter<'a> {
    /// `largest`: of the blocks that the object came to so far, this one included. What is taken
    /// back from one has to fit into the next, which may be smaller.
    pub(crate) fn new(block: &'a mut Block, max_record_bytes: usize, largest: usize) -> Self {
        let most = largest.max(max_record_bytes + SPACE);
        Self { block, max_record_bytes, most, lent: 0 }
    }

    /// The bytes in this block, those of its records included.
    pub fn filled(&self) -> &[u8] {
        &self.block.bytes[..self.block.filled]
    }

    /// How many more bytes this block takes as it is.
    pub fn space(&self) -> usize {
        self.block.bytes.len() - self.block.filled
    }

    /// Offset in the decoded stream behind the last byte written.
    pub fn position(&self) -> u64 {
        self.block.end()
    }

    /// Whether there is something to hand on: a record or a fault. Bytes alone are nothing.
    pub fn has_records(&self) -> bool {
        !self.block.is_empty()
    }

    /// Makes sure that there is space worth a call of a decompressor: 4 KiB, or a sixteenth of a
    /// small block. A block without records grows for it, to 64 KiB more than the largest record at
    /// most; [`discard`](Self::discard) what is not needed before. False: it has records; return
    /// [`Step::BlockFull`](crate::Step::BlockFull).
    ///
    /// # Panics
    /// If an unfinished record is far above the limit on records: it is to be given up with
    /// [`fault`](Self::fault).
    #[must_use]
    pub fn make_space(&mut self) -> bool {
        self.lent = 0;
        if self.has_space() {
            return true;
        }
        if self.has_records() {
            return false;
        }
        let most = self.max_record_bytes + SPACE;
        self.lengthen(self.block.bytes.len().saturating_mul(2).min(most));
        assert!(self.space() > 0, "an unfinished record takes the whole of the largest block");
        true
    }

    /// At most `max` bytes to write to, none if there is no space; [`advance`](Self::advance) says
    /// how many were written. They hold anything before: buffers are used again.
    pub fn spare(&mut self, max: usize) -> &mut [u8] {
        let end = self.block.bytes.len().min(self.block.filled.saturating_add(max));
        self.lent = end - self.block.filled;
        &mut self.block.bytes[self.block.filled..end]
    }

    /// The first `written` bytes of [`spare`](Self::spare) were written. Each of them has to be:
    /// one that was not holds anything, bytes of another object too, and becomes part of a record.
    ///
    /// Several calls go on behind each other. Whatever else changes the bytes of the block ends the
    /// loan, and so does the end of the step.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn advance(&mut self, written: usize) {
        assert!(written <= self.lent, "more bytes were written than were lent");
        self.lent -= written;
        self.block.filled += written;
    }

    /// Writes all of these bytes; the block grows if they do not fit. For what was taken back from
    /// the block before, which always fits: also where that was a larger one.
    ///
    /// # Panics
    /// If the block would become larger than every block of the object so far, and than the largest
    /// record and 64 KiB.
    pub fn write(&mut self, bytes: &[u8]) {
        self.lent = 0;
        let end = self.block.filled + bytes.len();
        assert!(end <= self.most, "a block was made to hold more than the limits allow");
        self.lengthen(end);
        self.block.bytes[self.block.filled..end].copy_from_slice(bytes);
        self.block.filled = end;
    }

    /// Takes back what stands behind the first `to` bytes: it is no longer part of the decoded
    /// stream.
    ///
    /// # Panics
    /// If that would cut a record, or bytes before a fault.
    pub fn truncate(&mut self, to: usize) {
        assert!(to >= self.floor(), "bytes of records were taken back");
        self.lent = 0;
        self.block.filled = self.block.filled.min(to);
    }

    /// Drops the first `n` bytes of a block that has no records yet, to make space. They stay part
    /// of the decoded stream; what is behind them moves to the front.
    ///
    /// # Panics
    /// If the block has a record or a fault, or fewer bytes.
    pub fn discard(&mut self, n: usize) {
        assert!(!self.has_records(), "bytes of records were dropped");
        self.lent = 0;
        self.block.bytes.copy_within(n..self.block.filled, 0);
        self.block.filled -= n;
        self.block.base += n as u64;
    }

    /// These bytes of [`filled`](Self::filled) are the next record, or a fault if there are more
    /// than [`max_record_bytes`](crate::DecodeLimits::max_record_bytes). False: the block has a
    /// fault already; return [`Step::BlockFull`](crate::Step::BlockFull) and give the record again
    /// for the next block.
    ///
    /// # Panics
    /// If there are no such bytes, or none at all, or if they begin before the end of the record
    /// before.
    #[must_use]
    pub fn record(&mut self, range: Range<usize>) -> bool {
        if self.block.fault.is_some() {
            return false;
        }
        assert!(range.start < range.end, "a record has no bytes");
        assert!(range.start >= self.floor(), "a record overlaps the one before it");
        assert!(range.end <= self.block.filled, "a record has bytes that were not written");
        if range.len() > self.max_record_bytes {
            return self.fault(range.start, FaultKind::RecordTooLarge);
        }
        // Blocks are limited to little more than 1 GiB, so offsets in them fit.
        self.block.spans.push((range.start as u32, range.end as u32));
        true
    }

    /// This row is the next record. A block without records grows for it; above
    /// [`max_record_bytes`](crate::DecodeLimits::max_record_bytes) it becomes a fault. False: it
    /// does not fit in this block, or the block has a fault; return
    /// [`Step::BlockFull`](crate::Step::BlockFull) and give it again for the next block.
    ///
    /// # Panics
    /// If the row is empty. If it does not fit behind what stands in a block without records:
    /// [`discard`](Self::discard) what is not needed before.
    #[must_use]
    pub fn copy(&mut self, row: &[u8]) -> bool {
        assert!(!row.is_empty(), "a record has no bytes");
        if self.block.fault.is_some() {
            return false;
        }
        let start = self.block.filled;
        if row.len() > self.max_record_bytes {
            let taken = self.fault(start, FaultKind::RecordTooLarge);
            // What follows has the same offset whatever the limit is.
            self.block.passed = row.len() as u64;
            return taken;
        }
        if row.len() > self.space() && self.has_records() {
            return false;
        }
        self.write(row);
        self.record(start..start + row.len())
    }

    /// The record that begins with byte `start` of this block is lost, and takes an index. False:
    /// the block has a fault already; return [`Step::BlockFull`](crate::Step::BlockFull) and give
    /// it again for the next block.
    ///
    /// # Panics
    /// If `start` is not in [`filled`](Self::filled) or just behind it, or before the end of the
    /// last record.
    #[must_use]
    pub fn fault(&mut self, start: usize, kind: FaultKind) -> bool {
        if self.block.fault.is_some() {
            return false;
        }
        assert!(start >= self.floor(), "a lost record overlaps the one before it");
        assert!(start <= self.block.filled, "a lost record begins where nothing was written");
        self.block.set_fault(self.block.base + start as u64, kind);
        true
    }

    /// As [`make_space`](Self::make_space) makes sure.
    pub(crate) fn has_space(&self) -> bool {
        // A few bytes are not worth a call of the decompressor.
        self.space() >= (self.block.capacity() / 16).clamp(1, 4096)
    }

    /// The bytes and the spans, apart, for a framer.
    pub(crate) fn parts(&mut self) -> (&[u8], &mut Vec<(u32, u32)>) {
        (&self.block.bytes[..self.block.filled], &mut self.block.spans)
    }

    /// What is in front of this belongs to records.
    fn floor(&self) -> usize {
        let fault = self.block.fault.map(|fault| (fault.offset - self.block.base) as usize);
        let last = self.block.spans.last().map(|(_, end)| *end as usize);
        fault.or(last).unwrap_or_default()
    }

    /// By no more than asked for: of itself a vector doubles, beyond any limit on records.
    fn lengthen(&mut self, length: usize) {
        if length > self.block.bytes.len() {
            self.block.bytes.reserve_exact(length - self.block.bytes.len());
            self.block.bytes.resize(length, 0);
        }
    }
}

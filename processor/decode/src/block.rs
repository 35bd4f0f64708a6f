//! One output buffer and the records in it.

use crate::{
    fault::{Fault, FaultKind},
    limits::MAX_RECORD_BYTES,
};

/// A buffer of decoded bytes with the records found in it.
///
/// Records are contiguous in number: record `i` has index `first_index + i`. A block has at most
/// one [`Fault`], which comes after all of its records and takes the next index.
///
/// This is the side of whoever reads the records; decoders fill it through a
/// [`BlockWriter`](crate::BlockWriter).
#[derive(Debug)]
pub struct Block {
    /// Initialized up to its length, used up to `filled`: the decompressor needs a `&mut [u8]`, and
    /// zeroing once per buffer is cheaper than once per use.
    pub(crate) bytes: Vec<u8>,
    pub(crate) filled: usize,
    pub(crate) spans: Vec<(u32, u32)>,
    pub(crate) fault: Option<Fault>,
    /// Where its first byte stands in the decoded stream.
    pub(crate) base: u64,
    /// Bytes of the decoded stream behind `filled` that are not kept: a row that was too large.
    pub(crate) passed: u64,
    first_index: u64,
}

/// The reader's side.
impl Block {
    /// A block for `capacity` bytes (at least 1, at most 1 GiB: other values count as these); it
    /// grows only for a record that does not fit, see [`Decoding`](crate::Decoding).
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: vec![0; capacity.clamp(1, MAX_RECORD_BYTES)],
            filled: 0,
            spans: Vec::new(),
            fault: None,
            base: 0,
            passed: 0,
            first_index: 0,
        }
    }

    /// Number of complete records.
    #[inline]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is nothing to hand on: no record and no fault.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.fault.is_none()
    }

    /// The bytes of record `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[inline]
    pub fn record(&self, i: usize) -> &[u8] {
        let (start, end) = self.spans[i];
        &self.bytes[start as usize..end as usize]
    }

    /// Offset of record `i` in the decoded stream.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[inline]
    pub fn offset(&self, i: usize) -> u64 {
        self.base + u64::from(self.spans[i].0)
    }

    /// Index of record `i` in its object.
    #[inline]
    pub fn index(&self, i: usize) -> u64 {
        self.first_index + i as u64
    }

    /// Records that are lost to this object, at most one; it fails the object in the end.
    pub fn faults(&self) -> &[Fault] {
        self.fault.as_slice()
    }

    /// Bytes it holds on to, so that a pool can drop a block that one large record made grow.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the contents and keeps the memory.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.spans.clear();
        self.fault = None;
        self.passed = 0;
    }
}

/// The driver's side.
impl Block {
    /// Starts at `base` of the decoded stream, with the record of this index.
    pub(crate) fn begin(&mut self, base: u64, first_index: u64) {
        self.clear();
        self.base = base;
        self.first_index = first_index;
    }

    /// Offset in the decoded stream behind the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.filled as u64 + self.passed
    }

    /// The index the next record takes.
    pub(crate) fn next_index(&self) -> u64 {
        self.first_index + self.spans.len() as u64 + u64::from(self.fault.is_some())
    }

    pub(crate) fn set_fault(&mut self, offset: u64, kind: FaultKind) {
        self.fault = Some(Fault { index: self.next_index(), offset, kind });
    }
}

//! One output buffer and the records in it.

/// A buffer of decoded bytes with the records found in it.
///
/// Records are contiguous in number: record `i` has index `first_index + i`. A block has at most
/// one [`Fault`], which comes after all of its records and takes the next index.
#[derive(Debug)]
pub(crate) struct Block {
    /// Initialized up to its length, used up to `filled`: the decompressor needs a `&mut [u8]`, and
    /// zeroing once per buffer is cheaper than once per use.
    bytes: Vec<u8>,
    filled: usize,
    spans: Vec<(u32, u32)>,
    fault: Option<Fault>,
    base: u64,
    first_index: u64,
}

/// A record that could not be delivered although framing went on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The index that the record takes in its object.
    pub(crate) index: u64,
    /// Offset of its first byte in the decoded stream.
    pub(crate) offset: u64,
    /// What is wrong with it.
    pub(crate) kind: FaultKind,
}

/// Why a record could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// It is larger than the limit on records.
    RecordTooLarge,
}

/// Capacities above this are cut: spans are 32-bit.
const MAX_CAPACITY: usize = super::limits::MAX_RECORD_BYTES;

impl Block {
    /// A block for `capacity` bytes (at least 1, at most 1 GiB); it grows only for a record that
    /// does not fit.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: vec![0; capacity.clamp(1, MAX_CAPACITY)],
            filled: 0,
            spans: Vec::new(),
            fault: None,
            base: 0,
            first_index: 0,
        }
    }

    /// Number of complete records.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is nothing to hand on: no record and no fault.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.fault.is_none()
    }

    /// The bytes of record `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[inline]
    pub(crate) fn record(&self, i: usize) -> &[u8] {
        let (start, end) = self.spans[i];
        &self.bytes[start as usize..end as usize]
    }

    /// Offset of record `i` in the decoded stream.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    pub(crate) fn offset(&self, i: usize) -> u64 {
        self.base + u64::from(self.spans[i].0)
    }

    /// Index of record `i` in its object.
    pub(crate) fn index(&self, i: usize) -> u64 {
        self.first_index + i as u64
    }

    /// Records that are lost to this object, at most one; it fails the object in the end.
    pub(crate) fn faults(&self) -> &[Fault] {
        self.fault.as_slice()
    }

    /// Bytes it holds on to, so that a pool can drop a block that one large record made grow.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the contents and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
        self.spans.clear();
        self.fault = None;
    }
}

/// The decoder's side.
impl Block {
    /// Starts at `base` of the decoded stream with bytes carried over from the block before.
    pub(super) fn begin(&mut self, base: u64, first_index: u64, carry: &[u8]) {
        self.clear();
        self.base = base;
        self.first_index = first_index;
        if carry.len() > self.bytes.len() {
            self.lengthen(carry.len());
        }
        self.bytes[..carry.len()].copy_from_slice(carry);
        self.filled = carry.len();
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Offset in the decoded stream behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.base + self.filled as u64
    }

    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// The bytes and the spans, apart, for the framer.
    pub(super) fn parts(&mut self) -> (&[u8], &mut Vec<(u32, u32)>) {
        (&self.bytes[..self.filled], &mut self.spans)
    }

    pub(super) fn space(&self) -> usize {
        self.bytes.len() - self.filled
    }

    /// At most `max` bytes to write to; [`advance`](Self::advance) says how many were written.
    pub(super) fn spare(&mut self, max: usize) -> &mut [u8] {
        let end = self.bytes.len().min(self.filled.saturating_add(max));
        &mut self.bytes[self.filled..end]
    }

    pub(super) fn advance(&mut self, written: usize) {
        self.filled = (self.filled + written).min(self.bytes.len());
    }

    pub(super) fn truncate(&mut self, filled: usize) {
        self.filled = self.filled.min(filled);
    }

    /// Doubles the capacity, to `limit` at most, but always makes some space.
    pub(super) fn grow(&mut self, limit: usize) {
        let doubled = self.bytes.len().saturating_mul(2);
        let target = doubled.min(limit).max(self.filled + 1);
        if target > self.bytes.len() {
            self.lengthen(target);
        }
    }

    /// By no more than asked for: of itself a vector doubles, beyond any limit on records.
    fn lengthen(&mut self, length: usize) {
        self.bytes.reserve_exact(length - self.bytes.len());
        self.bytes.resize(length, 0);
    }

    /// Drops the first `n` bytes of a block that has no records yet.
    pub(super) fn discard(&mut self, n: usize) {
        debug_assert!(self.is_empty(), "spans would point at other bytes");
        self.bytes.copy_within(n..self.filled, 0);
        self.filled -= n;
        self.base += n as u64;
    }

    /// The index the next record takes.
    pub(super) fn next_index(&self) -> u64 {
        self.first_index + self.spans.len() as u64 + u64::from(self.fault.is_some())
    }

    pub(super) fn set_fault(&mut self, at: u64, kind: FaultKind) {
        self.fault = Some(Fault { index: self.next_index(), offset: at, kind });
    }
}

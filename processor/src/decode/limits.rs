//! Bounds on what one object may decode to.

/// Bounds on one object; what exceeds them fails, memory stays bounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecodeLimits {
    /// Largest record in bytes; at most [`MAX_RECORD_BYTES`], larger values count as that. A JSON
    /// value or a line above it becomes a `Fault` of its block and framing goes on; an object read
    /// as a whole fails.
    pub(crate) max_record_bytes: usize,
    /// Most bytes an object may have after decompression. The object fails beyond it.
    pub(crate) max_object_bytes: u64,
    /// Most bytes of output per byte of compressed input, both counted from the start of the
    /// object.
    ///
    /// Looked at once the output has passed [`RATIO_FLOOR`]: a small file of equal lines is no
    /// bomb. Deflate itself cannot exceed 1,032, so a value above that switches the check off.
    pub(crate) max_ratio: u32,
}

/// Spans within a block are 32-bit, so no record may come near 4 GiB.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 30;

/// Output below which the ratio is not checked: 1 MiB.
pub(super) const RATIO_FLOOR: u64 = 1 << 20;

impl DecodeLimits {
    pub(super) fn clamped(self) -> Self {
        Self { max_record_bytes: self.max_record_bytes.min(MAX_RECORD_BYTES), ..self }
    }

    pub(super) fn ratio_exceeded(&self, decoded: u64, compressed: u64) -> bool {
        decoded > RATIO_FLOOR && decoded > compressed.saturating_mul(u64::from(self.max_ratio))
    }
}

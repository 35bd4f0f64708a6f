//! Bounds on what one object may decode to.

/// Bounds on one object; what exceeds them fails, memory stays bounded.
///
/// The defaults are those of a pipeline, but for [`max_memory`](Self::max_memory). Later versions
/// may add bounds, so start from them:
///
/// ```
/// let mut limits = s3_sqs_decode::DecodeLimits::default();
/// limits.max_record_bytes = 1 << 20;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeLimits {
    /// Largest record in bytes. Default: 16 MiB; at most 1 GiB, larger values count as that. A
    /// larger record becomes a [`Fault`](crate::Fault) of its block and decoding goes on; an object
    /// that is read as one record fails.
    pub max_record_bytes: usize,
    /// Most bytes an object may have after decompression. Default: 64 GiB. The object fails beyond
    /// it.
    pub max_object_bytes: u64,
    /// Most bytes of output per byte of compressed input, both counted from the start of the
    /// object. Default: none; then it is the [codec's own](crate::Codec::max_ratio): 1,000 for gzip
    /// and 16,000 for zstd. Where one compression is inside another it is the larger one, and the
    /// input is what is stored.
    ///
    /// Looked at once the output has passed 1 MiB: a small file of equal lines is no bomb. Deflate
    /// itself cannot exceed 1,032, so a value above that switches the check off for gzip.
    pub max_ratio: Option<u32>,
    /// Most bytes a decoder may ask for with [`Step::NeedMemory`](crate::Step::NeedMemory).
    /// Default: 32 MiB; in a pipeline it is the whole budget (`limits.buffered_bytes`) less the
    /// object's own four buffers. The object fails if it asks for more.
    pub max_memory: u64,
}

/// Spans within a block are 32-bit, so no record may come near 4 GiB.
pub(crate) const MAX_RECORD_BYTES: usize = 1 << 30;

/// Output below which the ratio is not checked: 1 MiB.
const RATIO_FLOOR: u64 = 1 << 20;

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_record_bytes: 16 << 20,
            max_object_bytes: 64 << 30,
            max_ratio: None,
            max_memory: 32 << 20,
        }
    }
}

impl DecodeLimits {
    pub(crate) fn clamped(self) -> Self {
        Self { max_record_bytes: self.max_record_bytes.min(MAX_RECORD_BYTES), ..self }
    }
}

/// Whether an object expands by more than this.
pub(crate) fn exceeds(decoded: u64, compressed: u64, ratio: u32) -> bool {
    decoded > RATIO_FLOOR && decoded > compressed.saturating_mul(u64::from(ratio))
}

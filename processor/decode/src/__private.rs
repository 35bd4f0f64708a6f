//! What benchmarks and fuzzers reach inside for.

#[cfg(all(
    feature = "csv",
    feature = "cloudwatch-logs",
    feature = "firehose-errors",
    feature = "snappy",
    feature = "zstd"
))]
pub use crate::fuzz::formats;
pub use crate::fuzz::{decoder, scanner, seeds};

use crate::{
    Block, DecodeLimits, Decoder, Decoding, ObjectInfo, Step,
    frame::{Framer, Sink, json::Json},
    framed::SLICE,
    lines,
};
use fearless_simd::{Level, Simd};

/// Decodes an object that comes in chunks of this size, into one block again and again, and counts
/// its records.
///
/// # Panics
///
/// If it cannot be decoded.
pub fn decode(object: &[u8], decoder: &dyn Decoder, chunk: usize) -> usize {
    let mut decoding = begin(decoder);
    let mut block = Block::with_capacity(1 << 20);
    let mut records = 0;
    let mut chunks = object.chunks(chunk);
    let mut input: &[u8] = &[];
    let mut last = false;
    loop {
        if input.is_empty() && !last {
            input = chunks.next().unwrap_or_default();
            last = input.is_empty();
        }
        match decoding.step(&mut input, last, &mut block).expect("it can be decoded") {
            Step::NeedInput | Step::NeedMemory(_) | Step::Yield => {}
            Step::BlockFull => {
                records += block.len();
                block.clear();
            }
            Step::End => return records + block.len(),
        }
    }
}

/// A block filled with the first lines of `text`, up to `bytes` of them.
pub fn block_of_lines(text: &[u8], bytes: usize) -> Block {
    let mut decoding = begin(&lines());
    let mut block = Block::with_capacity(bytes);
    let mut input = text;
    while decoding.step(&mut input, false, &mut block).is_ok_and(|step| step == Step::Yield) {}
    block
}

fn begin(decoder: &dyn Decoder) -> Decoding {
    Decoding::new(decoder, &ObjectInfo::new("", ""), DecodeLimits::default())
}

/// The instruction sets this machine offers to the JSON scanner, the least first. Only those that
/// are worth telling apart.
pub fn instruction_sets() -> Vec<(&'static str, Level)> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    {
        let sse2 = best.as_sse2().map(|simd| ("SSE2", simd.level()));
        let avx2 = best.as_avx2().map(|simd| ("AVX2", simd.level()));
        sse2.into_iter().chain(avx2).chain([("best", best)]).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    vec![("best", best)]
}

/// Counts the JSON values in `text`, in slices of the size that decoding hands over.
///
/// # Panics
///
/// If it is not made of JSON values.
pub fn count_values(level: Level, text: &[u8]) -> usize {
    let mut json = Json::with_level(level);
    let mut spans = Vec::new();
    let (mut from, mut open) = (0, 0);
    for end in (SLICE..text.len()).step_by(SLICE).chain([text.len()]) {
        let mut sink = Sink { spans: &mut spans, max: usize::MAX, skipping: false };
        let scan = json.scan(&text[..end], from, open, &mut sink).expect("it is JSON");
        (from, open) = (scan.upto, scan.open);
    }
    spans.len()
}

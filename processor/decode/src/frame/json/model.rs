//! The scanner alone, on every instruction set and in any pieces.

use super::Json;
use crate::frame::{Framer, Rest, Sink, Unframed};
use fearless_simd::Level;

/// Every instruction set of this machine.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    {
        use fearless_simd::Simd;
        let lower = [
            best.as_sse2().map(Simd::level),
            best.as_sse4_2().map(Simd::level),
            best.as_avx2().map(Simd::level),
        ];
        lower.into_iter().flatten().chain([best]).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    vec![best]
}

/// All spans, and then what is left open or where it fails.
pub(crate) type Scanned = (Vec<(u32, u32)>, Result<(usize, Rest), Unframed>);

/// What a text comes to; scanned up to each of `ends` in turn.
pub(crate) fn scan(level: Level, bytes: &[u8], ends: &[usize]) -> Scanned {
    let mut json = Json::with_level(level);
    let (mut spans, mut from, mut open) = (Vec::new(), 0, 0);
    for end in ends.iter().copied().chain([bytes.len()]) {
        let mut sink = Sink { spans: &mut spans, max: usize::MAX, skipping: false };
        match json.scan(&bytes[..end.clamp(from, bytes.len())], from, open, &mut sink) {
            Ok(scan) => (from, open) = (scan.upto, scan.open),
            Err(unframed) => return (spans, Err(unframed)),
        }
    }
    (spans, Ok((open, json.finish(&bytes[open..]).0)))
}

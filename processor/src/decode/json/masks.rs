//! 64 bytes at a time: where brackets stand that are not in strings.
//!
//! One bit per byte. A quote counts unless an odd number of backslashes precedes it; a byte is in a
//! string if an odd number of quotes that count stands before it, which the exclusive or of all
//! lower bits gives for 64 bytes at once. Backslashes outside of strings count as well: that is no
//! JSON, and telling them apart would take longer.

use fearless_simd::{Simd, SimdBase, SimdMask, u8x64};

const WIDTH: usize = 64;
const EVEN: u64 = 0x5555_5555_5555_5555;

/// What the next bytes must know of those before them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    /// All bits set while in a string.
    in_string: u64,
    /// 1 if a backslash escapes the next byte.
    escaped: u64,
}

/// The brackets among the next bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Masks {
    /// Brackets outside of strings.
    pub(super) brackets: u64,
    /// How many bytes were looked at: 64, or all there are.
    pub(super) len: usize,
}

impl Masks {
    /// Looks at the first 64 bytes, or all if there are fewer.
    #[inline(always)]
    pub(super) fn next<S: Simd>(simd: S, bytes: &[u8], carry: &mut Carry) -> Self {
        if let Some(chunk) = bytes.first_chunk::<WIDTH>() {
            return Self { brackets: brackets(simd, chunk, WIDTH, carry), len: WIDTH };
        }
        let mut padded = [b' '; WIDTH];
        padded[..bytes.len()].copy_from_slice(bytes);
        Self { brackets: brackets(simd, &padded, bytes.len(), carry), len: bytes.len() }
    }
}

/// `len` of the bytes are real, the others are spaces.
#[inline(always)]
fn brackets<S: Simd>(simd: S, chunk: &[u8; WIDTH], len: usize, carry: &mut Carry) -> u64 {
    let bytes = u8x64::from_slice(simd, chunk);
    let escaped = escaped(equal(bytes, b'\\'), len, &mut carry.escaped);
    let quotes = equal(bytes, b'"') & !escaped;
    let in_string = prefix_xor(quotes) ^ carry.in_string;
    // The sign bit, over all bits.
    carry.in_string = (in_string as i64 >> 63) as u64;
    // `[` and `{`, `]` and `}` differ in one bit; no other byte becomes one of them.
    let folded = bytes | 0x20;
    (equal(folded, b'{') | equal(folded, b'}')) & !in_string
}

/// Bytes that an odd run of backslashes precedes.
#[inline(always)]
fn escaped(backslashes: u64, len: usize, carry: &mut u64) -> u64 {
    if backslashes == 0 {
        let escaped = *carry;
        *carry = 0;
        return escaped;
    }
    let backslashes = backslashes & !*carry;
    let follows = backslashes << 1 | *carry;
    // Adding to the start of a run carries to behind its end; runs are told apart by where they start.
    let odd_starts = backslashes & !EVEN & !follows;
    let (even_runs, overflow) = odd_starts.overflowing_add(backslashes);
    let escaped = (EVEN ^ (even_runs << 1)) & follows;
    *carry = if len == WIDTH { u64::from(overflow) } else { escaped >> len & 1 };
    escaped
}

/// Bit `i` of the result is the exclusive or of bits `0..=i`.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

/// Where a byte stands. A function and not a closure: what is not inlined is not compiled for the instruction set.
#[inline(always)]
fn equal<S: Simd>(lanes: u8x64<S>, byte: u8) -> u64 {
    lanes.simd_eq(byte).to_bitmask()
}

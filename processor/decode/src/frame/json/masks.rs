//! 64 bytes at a time: where brackets stand that are not in strings.
//!
//! One bit per byte. A quote counts unless an odd number of backslashes precedes it; a byte is in a
//! string if an odd number of quotes that count stands before it, which the exclusive or of all
//! lower bits gives for 64 bytes at once. Backslashes outside of strings count as well: that is no
//! JSON, and telling them apart would take longer.

use fearless_simd::{Simd, SimdBase, SimdMask, u8x64};

/// How many bytes a mask stands for.
pub(super) const WIDTH: usize = 64;
/// How many groups of so many bytes are looked at together.
pub(super) const GROUPS: usize = 16;
const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// What the next bytes must know of those before them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    /// All bits set while in a string.
    in_string: u64,
    /// 1 if a backslash escapes the next byte.
    escaped: u64,
}

/// Brackets outside of strings; `len` of the bytes are real, the others are spaces.
#[inline(always)]
pub(super) fn brackets<S: Simd>(
    simd: S,
    chunk: &[u8; WIDTH],
    len: usize,
    carry: &mut Carry,
) -> u64 {
    let bytes = u8x64::from_slice(simd, chunk);
    let escaped = escaped(equal(bytes, b'\\'), len, &mut carry.escaped);
    let quotes = equal(bytes, b'"') & !escaped;
    let in_string = prefix_xor(quotes) ^ carry.in_string;
    // The sign bit, over all bits.
    carry.in_string = (in_string as i64 >> 63) as u64;
    // From `[` on, brackets are at 0, 2, 32 and 34: nowhere but in these two bits.
    equal((bytes - b'[') & !0x22, 0) & !in_string
}

/// Bytes that an odd run of backslashes precedes. Without a branch: which groups have a backslash
/// cannot be foreseen.
#[inline(always)]
fn escaped(backslashes: u64, len: usize, carry: &mut u64) -> u64 {
    let escaping = backslashes & !*carry;
    // Subtracting the start of a run borrows up to its end; runs are told apart by whether they
    // start at an odd bit.
    let ends = (escaping << 1 | ODD).wrapping_sub(escaping) ^ ODD;
    let escaped = ends ^ (backslashes | *carry);
    *carry = if len == WIDTH { (ends & backslashes) >> (WIDTH - 1) } else { escaped >> len & 1 };
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

/// Where a byte stands. A function and not a closure: what is not inlined is not compiled for the
/// instruction set.
#[inline(always)]
fn equal<S: Simd>(lanes: u8x64<S>, byte: u8) -> u64 {
    lanes.simd_eq(byte).to_bitmask()
}

//! Brackets one behind the other, without what stands between them.
//!
//! AVX-512 makes such a list with one instruction for 64 bytes. Elsewhere the list stays empty: to
//! make it takes longer than going through the bits of the masks.

use super::{
    masks::{GROUPS, WIDTH},
    nesting::{CLOSES, CODE},
};
use fearless_simd::{Simd, SimdBase, SimdMask, mask8x64, u8x64, u16x32};

/// The brackets of some groups.
#[derive(Debug)]
pub(super) struct List {
    /// As [`Nesting::pass`](super::nesting::Nesting::pass) takes them. A whole vector is written at
    /// once.
    codes: [u8; GROUPS * WIDTH + WIDTH],
    len: usize,
    masks: [u64; GROUPS],
    /// How many brackets come before each group.
    before: [u16; 2 * GROUPS],
    groups: usize,
}

impl List {
    pub(super) fn new() -> Self {
        Self { codes: [0; _], len: 0, masks: [0; _], before: [0; _], groups: 0 }
    }

    /// Whether brackets are listed with this instruction set.
    #[inline(always)]
    pub(super) fn is_kept<S: Simd>(simd: S) -> bool {
        #[cfg(target_arch = "x86_64")]
        return matches!(simd.level(), fearless_simd::Level::Avx512(_));
        #[cfg(not(target_arch = "x86_64"))]
        return false;
    }

    pub(super) fn clear(&mut self) {
        (self.len, self.groups) = (0, 0);
    }

    /// Adds the next group.
    #[inline(always)]
    pub(super) fn add<S: Simd>(&mut self, simd: S, group: &[u8; WIDTH], mask: u64) {
        if !Self::is_kept(simd) {
            return;
        }
        (self.masks[self.groups], self.before[self.groups]) = (mask, self.len as u16);
        self.groups += 1;
        if let Some(slots) = self.codes.get_mut(self.len..self.len + WIDTH) {
            let codes = (u8x64::from_slice(simd, group) & CODE) ^ CLOSES;
            codes.compress(mask8x64::from_bitmask(simd, mask)).store_slice(slots);
        }
        self.len += mask.count_ones() as usize;
    }

    pub(super) fn codes(&self) -> &[u8] {
        &self.codes[..self.len]
    }

    /// Where the bracket at `index` of the list stands, from the first byte of the first group.
    #[inline(always)]
    pub(super) fn place<S: Simd>(&self, simd: S, index: usize) -> usize {
        let begun = u16x32::from_slice(simd, &self.before).simd_le(index as u16).to_bitmask();
        let group = (begun & ((1 << self.groups) - 1)).count_ones() as usize - 1;
        let mask = mask8x64::from_bitmask(simd, self.masks[group]);
        let places = u8x64::from_fn(simd, |lane| lane as u8).compress(mask);
        group * WIDTH + usize::from(places[(index - usize::from(self.before[group])) % WIDTH])
    }
}

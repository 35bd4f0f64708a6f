//! Which brackets are open: one bit per level.

/// Deepest nesting: eight times what `serde_json` parses by default. Bounds memory, at 128 bytes.
pub(super) const MAX_DEPTH: usize = 1024;

/// A stack of bracket kinds.
#[derive(Debug)]
pub(super) struct Nesting {
    depth: usize,
    kinds: [u64; MAX_DEPTH / 64],
}

/// The bracket does not fit: too deep, or of the other kind than the one it closes.
pub(super) struct Unfit;

impl Nesting {
    pub(super) const fn new() -> Self {
        Self { depth: 0, kinds: [0; MAX_DEPTH / 64] }
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn clear(&mut self) {
        self.depth = 0;
    }

    #[inline(always)]
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), Unfit> {
        if self.depth == MAX_DEPTH {
            return Err(Unfit);
        }
        let (word, bit) = (self.depth / 64, self.depth % 64);
        self.kinds[word] = self.kinds[word] & !(1 << bit) | kind(bracket) << bit;
        self.depth += 1;
        Ok(())
    }

    #[inline(always)]
    pub(super) fn close(&mut self, bracket: u8) -> Result<(), Unfit> {
        let depth = self.depth.checked_sub(1).ok_or(Unfit)?;
        if (self.kinds[depth / 64] >> (depth % 64)) & 1 != kind(bracket) {
            return Err(Unfit);
        }
        self.depth = depth;
        Ok(())
    }
}

/// 1 for `{` and `}`, 0 for `[` and `]`: they differ in bit 5.
#[inline(always)]
fn kind(bracket: u8) -> u64 {
    u64::from(bracket >> 5 & 1)
}

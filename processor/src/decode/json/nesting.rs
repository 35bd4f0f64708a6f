//! Which brackets are open: one bit per level.

/// Deepest nesting: eight times what `serde_json` parses by default. Bounds memory, at 128 bytes.
pub(super) const MAX_DEPTH: usize = 1024;

const WORD: usize = u64::BITS as usize;

/// The innermost open brackets; small, so that it is kept in registers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    /// The kinds of up to 64 of them, the innermost in the lowest bit.
    kinds: u64,
}

/// The kinds of the brackets further out, in words of 64.
pub(super) type Outer = [u64; MAX_DEPTH / WORD];

/// The bracket does not fit: too deep, or of the other kind than the one it closes.
pub(super) struct Unfit;

impl Nesting {
    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.depth == 0
    }

    #[inline(always)]
    pub(super) fn open(&mut self, bracket: u8, outer: &mut Outer) -> Result<(), Unfit> {
        if self.depth.is_multiple_of(WORD) {
            *outer.get_mut(self.depth / WORD).ok_or(Unfit)? = self.kinds;
        }
        self.kinds = self.kinds << 1 | kind(bracket);
        self.depth += 1;
        Ok(())
    }

    #[inline(always)]
    pub(super) fn close(&mut self, bracket: u8, outer: &Outer) -> Result<(), Unfit> {
        let depth = self.depth.checked_sub(1).ok_or(Unfit)?;
        if self.kinds & 1 != kind(bracket) {
            return Err(Unfit);
        }
        self.kinds >>= 1;
        if depth.is_multiple_of(WORD) {
            self.kinds = outer[depth / WORD];
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

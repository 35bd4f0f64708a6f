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

/// The bits of a bracket that tell the four apart. With [`CLOSES`] turned round they are its code:
/// 2 if it closes, and its kind in bit 5.
pub(super) const CODE: u8 = 1 << KIND_BIT | CLOSES;
/// Set in opening brackets, and in the codes of closing ones.
pub(super) const CLOSES: u8 = 0b10;
/// Set in `{` and `}`.
const KIND_BIT: u32 = 5;

/// The bracket does not fit: too deep, or of the other kind than the one it closes.
pub(super) struct Unfit;

impl Nesting {
    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.depth == 0
    }

    /// Passes brackets, given as [`CODE`] says, up to the first that does not fit, or that would
    /// leave none or more than 62 open. How many.
    ///
    /// Without a branch on what a bracket is, which cannot be foreseen.
    #[inline(always)]
    pub(super) fn pass(&mut self, codes: &[u8]) -> usize {
        let mut passed = 0;
        for code in codes {
            let (closes, kind) = (u64::from(code & CLOSES), u64::from(code >> KIND_BIT));
            let unfit = closes & ((self.kinds ^ kind) << 1);
            // `closes` is 2: it takes back the one that was added for every bracket, and one more.
            let depth = (self.depth + 1).wrapping_sub(closes as usize);
            if depth.wrapping_sub(1) | (unfit as usize) << 6 >= WORD - 2 {
                break;
            }
            // A closing bracket finds 63 kinds at most, so that none is lost when its own is put
            // in.
            *self = Self { depth, kinds: (self.kinds << 1 | kind) >> closes };
            passed += 1;
        }
        passed
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

/// Of a byte that is a bracket.
#[inline(always)]
pub(super) fn is_opening(bracket: u8) -> bool {
    bracket & CLOSES != 0
}

/// 1 for `{` and `}`, 0 for `[` and `]`.
#[inline(always)]
fn kind(bracket: u8) -> u64 {
    u64::from(bracket >> KIND_BIT & 1)
}

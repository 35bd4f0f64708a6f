//! Where brackets stand, for up to a kibibyte at once.
//!
//! What a bracket does to the nesting cannot be foreseen, and the processor loses time wherever it
//! is taken by surprise. So the masks are made ahead of their use, without a branch: then it is at
//! least known at once what comes next.

use super::{
    list::List,
    masks::{Carry, GROUPS, WIDTH, brackets},
};
use fearless_simd::Simd;

/// The brackets outside of strings among the bytes to come.
#[derive(Debug)]
pub(super) struct Ahead {
    /// One bit for each byte, a mask for each group.
    masks: [u64; GROUPS],
    list: List,
    /// How many groups to look at next.
    next: usize,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self { masks: [0; GROUPS], list: List::new(), next: 1 }
    }

    /// Looks at one group next, and at twice as many each time: what was found holds only as far as
    /// values follow values.
    pub(super) fn restart(&mut self) {
        self.next = 1;
    }

    /// Looks at the front of `bytes`, which are not none: the masks, the list, and how many bytes
    /// that was.
    #[inline(always)]
    pub(super) fn look<S: Simd>(
        &mut self,
        simd: S,
        bytes: &[u8],
        carry: &mut Carry,
    ) -> (&[u64], &List, usize) {
        let (groups, rest) = bytes.as_chunks::<WIDTH>();
        let most = self.next;
        self.next = GROUPS.min(most * 2);
        self.list.clear();
        if groups.is_empty() {
            let mut padded = [b' '; WIDTH];
            padded[..rest.len()].copy_from_slice(rest);
            self.masks[0] = brackets(simd, &padded, rest.len(), carry);
            self.list.add(simd, &padded, self.masks[0]);
            return (&self.masks[..1], &self.list, rest.len());
        }
        let groups = &groups[..groups.len().min(most)];
        // Kept in registers.
        let mut kept = *carry;
        for (group, mask) in groups.iter().zip(&mut self.masks) {
            *mask = brackets(simd, group, WIDTH, &mut kept);
            self.list.add(simd, group, *mask);
        }
        *carry = kept;
        (&self.masks[..groups.len()], &self.list, groups.len() * WIDTH)
    }
}

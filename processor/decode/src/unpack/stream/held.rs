use crate::unpack::detect::LONGEST;

/// A few first bytes, passed on from the front.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: [u8; LONGEST],
    len: usize,
    passed: usize,
}

impl Held {
    /// All bytes so far, with this one; as many as the longest magic has.
    pub(super) fn push(&mut self, next: u8) -> &[u8] {
        self.bytes[self.len] = next;
        self.len += 1;
        &self.bytes[..self.len]
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.passed..self.len]
    }

    pub(super) fn pass(&mut self, n: usize) {
        self.passed += n;
    }

    /// Writes what there is to the front of `out`. How many bytes.
    pub(super) fn pass_on(&mut self, out: &mut [u8]) -> usize {
        let n = self.rest().len().min(out.len());
        out[..n].copy_from_slice(&self.rest()[..n]);
        self.pass(n);
        n
    }
}

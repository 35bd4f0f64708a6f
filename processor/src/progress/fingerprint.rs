use super::mark::{Hashed, Mark};
use crate::decode::Block;
use xxhash_rust::xxh3::Xxh3;

/// Marks how far an object was read, and compares that with earlier marks of it.
pub(crate) struct Fingerprint {
    bytes: Running,
    records: Running,
    /// Earlier marks that were not reached yet, and their number at first.
    expected: Vec<Mark>,
    /// What the records of one block say.
    spans: Vec<u8>,
}

struct Running {
    hash: Box<Xxh3>,
    length: u64,
    /// The longest first.
    expected: Vec<Hashed>,
    is_other: bool,
}

impl Fingerprint {
    /// Of an object that begins to be read, of which there are such marks.
    pub(crate) fn new(expected: Vec<Mark>) -> Self {
        let of = |part: fn(&Mark) -> &Hashed| Running::new(expected.iter().map(part).cloned());
        Self {
            bytes: of(|mark| &mark.bytes),
            records: of(|mark| &mark.records),
            expected,
            spans: Vec::new(),
        }
    }

    /// The next bytes of the object, as they are stored, went to the decoder.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.bytes.add(bytes);
    }

    /// Records were found in what was read so far.
    pub(crate) fn found(&mut self, block: &Block) {
        self.spans.clear();
        self.spans.reserve(16 * block.len());
        for i in 0..block.len() {
            self.spans.extend_from_slice(&span(block.offset(i), block.record(i).len() as u64));
        }
        for fault in block.faults() {
            self.spans.extend_from_slice(&span(fault.offset, u64::MAX));
        }
        self.records.add(&self.spans);
    }

    /// Something is not as it was when an earlier mark was made.
    pub(crate) fn is_other(&self) -> bool {
        self.bytes.is_other || self.records.is_other
    }

    /// The object ended: whether it is what it was at each earlier mark.
    pub(crate) fn is_the_same(&self) -> bool {
        !self.is_other() && self.bytes.expected.is_empty() && self.records.expected.is_empty()
    }

    /// How far the object was read.
    pub(crate) fn mark(&self) -> Mark {
        Mark { bytes: self.bytes.hashed(), records: self.records.hashed() }
    }

    /// The earlier marks that were reached, since this was asked before, and found to be right.
    pub(crate) fn confirmed(&mut self) -> Vec<Mark> {
        if self.expected.is_empty() || self.is_other() {
            return Vec::new();
        }
        let (bytes, records) = (self.bytes.length, self.records.length);
        let is_reached =
            |mark: &mut Mark| mark.bytes.length <= bytes && mark.records.length <= records;
        self.expected.extract_if(.., is_reached).collect()
    }
}

fn span(offset: u64, length: u64) -> [u8; 16] {
    (u128::from(length) << 64 | u128::from(offset)).to_le_bytes()
}

impl Running {
    fn new(expected: impl Iterator<Item = Hashed>) -> Self {
        let mut expected: Vec<_> = expected.collect();
        expected.sort_by_key(|hashed| std::cmp::Reverse(hashed.length));
        let mut running =
            Self { hash: Box::new(Xxh3::new()), length: 0, expected, is_other: false };
        // Some may be of nothing.
        running.add(&[]);
        running
    }

    fn add(&mut self, mut bytes: &[u8]) {
        while let Some(next) = self.expected.last() {
            let Some(upto) = next.length.checked_sub(self.length) else { break };
            if upto > bytes.len() as u64 {
                break;
            }
            let (before, after) = bytes.split_at(upto as usize);
            self.update(before);
            bytes = after;
            let now = self.hashed();
            self.is_other |= self.expected.pop() != Some(now);
        }
        self.update(bytes);
    }

    fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
    }

    fn hashed(&self) -> Hashed {
        Hashed { length: self.length, xxh3: format!("{:032x}", self.hash.digest128()) }
    }
}

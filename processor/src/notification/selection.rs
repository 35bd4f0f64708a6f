use std::ops::Range;

/// Which records of an object are wanted, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The identity of the decoder that found them.
    pub(crate) decoder: String,
    /// The name of the processor that they are for.
    pub(crate) processor: String,
    /// In order, each once.
    pub(super) indices: Vec<u64>,
}

impl Selection {
    /// How many records it names.
    pub(crate) fn len(&self) -> usize {
        self.indices.len()
    }

    /// Those of a range that it names, as ranges, in order.
    pub(crate) fn within(&self, all: &Range<u64>) -> Vec<Range<u64>> {
        let mut found: Vec<Range<u64>> = Vec::new();
        for index in self.indices.iter().copied().filter(|index| all.contains(index)) {
            match found.last_mut().filter(|last| last.end == index) {
                Some(last) => last.end = index + 1,
                None => found.push(index..index + 1),
            }
        }
        found
    }
}

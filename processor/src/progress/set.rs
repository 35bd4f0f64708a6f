use roaring::RoaringBitmap;
use std::{
    io,
    ops::{BitOrAssign, Range},
};

/// Records of an object, by their index. Those beyond the first 2^32 are not remembered, and so
/// done again.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Set(RoaringBitmap);

impl Set {
    pub(crate) fn add(&mut self, records: Range<u64>) {
        if let Some(range) = in_32_bits(&records) {
            self.0.insert_range(range);
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().map(u64::from)
    }

    /// Those of a range that are not in the set, as ranges, in order.
    pub(crate) fn missing(&self, from: &Range<u64>) -> Vec<Range<u64>> {
        let known = in_32_bits(from);
        let there = known.map_or(0, |range| self.0.range_cardinality(range));
        if there == 0 {
            return vec![from.clone()];
        }
        if there == from.end - from.start {
            return Vec::new();
        }
        let mut missing = Vec::new();
        let mut next = from.start;
        for index in self.0.range(in_32_bits(from).unwrap_or(0..=0)).map(u64::from) {
            if index > next {
                missing.push(next..index);
            }
            next = index + 1;
        }
        if next < from.end {
            missing.push(next..from.end);
        }
        missing
    }

    /// In the standard format of roaring bitmaps, as small as it gets.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut set = self.0.clone();
        set.optimize();
        let mut bytes = Vec::with_capacity(set.serialized_size());
        set.serialize_into(&mut bytes).expect("memory takes all");
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        RoaringBitmap::deserialize_from(bytes).map(Self)
    }
}

impl BitOrAssign<&Self> for Set {
    fn bitor_assign(&mut self, other: &Self) {
        self.0 |= &other.0;
    }
}

fn in_32_bits(records: &Range<u64>) -> Option<std::ops::RangeInclusive<u32>> {
    let first = u32::try_from(records.start).ok()?;
    let last = records.end.checked_sub(1).filter(|last| *last >= records.start)?;
    Some(first..=u32::try_from(last).unwrap_or(u32::MAX))
}

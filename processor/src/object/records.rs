use super::parcel::Parcel;
use crate::record::{ObjectRef, Record};
use std::{ops::Range, sync::Arc};

/// Records of a parcel, without any duty.
pub(crate) struct Records {
    parcel: Arc<Parcel>,
    range: Range<usize>,
    /// A handle of their own on the object.
    object: ObjectRef,
}

impl Records {
    pub(super) fn new(parcel: Arc<Parcel>, range: Range<usize>) -> Self {
        let object = parcel.object().object.apart();
        Self { parcel, range, object }
    }

    /// The index of the first of them in their object.
    pub(crate) fn first_index(&self) -> u64 {
        self.parcel.block().index(self.range.start)
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    #[inline]
    pub(crate) fn record(&self, i: usize) -> Record<'_> {
        self.parcel.record(self.range.start + i, &self.object)
    }
}

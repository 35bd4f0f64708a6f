use super::{parcel::Parcel, records::Records, state::ObjectState};
use crate::record::Record;
use std::{future::Future, ops::Range, sync::Arc};

/// One processor's share of a parcel, or of a part of it: the verdicts it owes. Dropped, it gives
/// up what it still owes, so that a dropped task never leaves an object waiting, and never makes it
/// succeed.
pub(crate) struct Share {
    parcel: Arc<Parcel>,
    range: Range<usize>,
    /// An index among the pipeline's processors.
    processor: usize,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// Of these, those that counters and snapshots know of.
    shown: (u64, u64),
}

impl Share {
    /// This processor's share of the whole parcel.
    pub(super) fn new(parcel: Arc<Parcel>, processor: usize) -> Self {
        let range = 0..parcel.block().len();
        Self::of(parcel, range, processor)
    }

    fn of(parcel: Arc<Parcel>, range: Range<usize>, processor: usize) -> Self {
        Self { parcel, range, processor, done: 0, failed: 0, shown: (0, 0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn record(&self, i: usize) -> Record<'_> {
        self.parcel.record(self.range.start + i, &self.parcel.object().object)
    }

    pub(crate) fn object(&self) -> &Arc<ObjectState> {
        self.parcel.object()
    }

    /// Ends once the object cannot be read on before a buffer of it, as this one, comes back.
    pub(crate) fn wanted(&self) -> impl Future<Output = ()> + Send + 'static {
        self.parcel.wanted()
    }

    /// Splits off what is beyond the first `count` records.
    pub(crate) fn split_off(&mut self, count: usize) -> Share {
        let at = self.range.start + count;
        let rest = at..self.range.end;
        self.range.end = at;
        Self::of(Arc::clone(&self.parcel), rest, self.processor)
    }

    /// How many records got no verdict.
    pub(crate) fn missing(&self) -> u64 {
        self.len() as u64 - self.done - self.failed
    }

    /// Lets counters and snapshots see the verdicts so far. For the object nothing is settled
    /// before all are.
    pub(crate) fn show(&mut self) {
        let (done, failed) = (self.done - self.shown.0, self.failed - self.shown.1);
        if done + failed > 0 {
            self.parcel.object().show(self.processor, done, done + failed);
            self.shown = (self.done, self.failed);
        }
    }

    /// The same records without their duty: lends them while verdicts are written to the share.
    pub(crate) fn view(&self) -> Records {
        Records::new(Arc::clone(&self.parcel), self.range.clone())
    }

    /// Hands the duty over to somebody who settles record by record.
    pub(crate) fn into_records(mut self) -> Records {
        let records = self.view();
        self.range = 0..0;
        records
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.range.is_empty() {
            return;
        }
        self.show();
        let object = self.parcel.object();
        let missing = self.missing();
        if missing > 0 {
            object.give_up(self.processor, missing);
        }
        object.settle(self.len() as u64);
    }
}

use super::{parcel::Parcel, records::Records, state::ObjectState};
use crate::{progress::Flags, record::Record};
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
    /// Where progress is kept: which of its records are done, and the number they are known by.
    flags: Option<(Arc<Flags>, u64)>,
    /// Of these, those that counters and snapshots know of.
    shown: (u64, u64),
}

impl Share {
    /// The shares of each processor in a parcel. `todo`: the indices of what a processor still has
    /// to do, if that is not all.
    pub(super) fn all(
        parcel: &Arc<Parcel>,
        todo: impl Fn(usize) -> Option<Vec<Range<u64>>>,
    ) -> Vec<Self> {
        let (all, first) = (0..parcel.block().len(), parcel.block().index(0));
        let mut shares = Vec::new();
        for &processor in parcel.object().processors() {
            let share = |range| Self::of(Arc::clone(parcel), range, processor);
            let Some(todo) = todo(processor) else {
                shares.push(share(all.clone()));
                continue;
            };
            let todo =
                todo.iter().map(|run| (run.start - first) as usize..(run.end - first) as usize);
            shares.extend(todo.map(share));
        }
        shares
    }

    fn of(parcel: Arc<Parcel>, range: Range<usize>, processor: usize) -> Self {
        let (done, failed, shown) = (0, 0, (0, 0));
        Self { parcel, range, processor, done, failed, flags: None, shown }
    }

    /// An index among the pipeline's processors.
    pub(super) fn processor(&self) -> usize {
        self.processor
    }

    /// From here on it is known which of its records are done, wherever progress is kept. It is not
    /// split any more. `begun`: all are, and none is done.
    pub(crate) fn track(&mut self, begun: bool) {
        if let Some(progress) = self.parcel.object().progress() {
            let first = self.parcel.block().index(self.range.start);
            let flags = Arc::new(Flags::new(first, self.len(), begun));
            let number = progress.began(self.processor, Arc::clone(&flags) as _);
            self.flags = Some((flags, number));
        }
    }

    /// This record was held back, and is done.
    #[inline]
    pub(crate) fn is_done(&self, i: usize) {
        if let Some((flags, _)) = &self.flags {
            flags.done(i);
        }
    }

    /// This record is not done, though later ones may be.
    #[inline]
    pub(crate) fn hold_back(&self, i: usize) {
        if let Some((flags, _)) = &self.flags {
            flags.hold_back(i);
        }
    }

    /// The first so many records are done or held back.
    pub(crate) fn begun(&self, records: usize) {
        if let Some((flags, _)) = &self.flags {
            flags.begun(records);
        }
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
        if let Some((flags, number)) = self.flags.take() {
            if missing == 0 {
                flags.begun(self.len());
            }
            object.progress().iter().for_each(|progress| progress.ended(number));
        }
        if missing > 0 {
            object.give_up(self.processor, missing);
        }
        object.settle(self.len() as u64);
    }
}

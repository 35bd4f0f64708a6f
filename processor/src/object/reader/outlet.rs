use super::reading::Exit;
use crate::{
    decode::{Fault, FaultKind},
    notification::Selection,
    object::{
        blocks::{Blocks, Buffer},
        collecting::Collecting,
        engine::Engine,
        parcel::Parcel,
        share::Share,
        state::ObjectState,
        task::Task,
    },
    process::Context,
    progress::{Fingerprint, Set},
    record::Record,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::runtime::Handle;
use tracing::Span;

/// Where an object's parcels leave for the processors, on whichever thread they were decoded.
///
/// When nobody can hand on any more it closes the object's ledger, however the reading ended, also
/// if its task was dropped in the middle: that is giving up, unless it panicked.
pub(super) struct Outlet {
    engine: Arc<Engine>,
    state: Arc<ObjectState>,
    blocks: Arc<Blocks>,
    cx: Context,
    /// The user's runtime and the object's span: a decoder thread is in neither.
    runtime: Handle,
    span: Span,
    /// What each processor had done before.
    done: Option<Vec<Set>>,
    /// Where only some records are wanted, and how many of them were found.
    replay: Option<Arc<Selection>>,
    found: AtomicUsize,
    /// Where none is processed, but some are looked for.
    collecting: Option<Arc<Collecting>>,
    end: Mutex<ReadEnd>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum ReadEnd {
    GivenUp,
    Failed,
    ReadToEnd,
}

impl Outlet {
    /// To be called in the object's own task.
    pub(super) fn new(
        task: &Task,
        state: Arc<ObjectState>,
        blocks: Arc<Blocks>,
        done: Option<Vec<Set>>,
    ) -> Self {
        Self {
            engine: Arc::clone(&task.engine),
            state,
            blocks,
            cx: Context::new(task.message.receive_count, task.stop.token()),
            runtime: Handle::current(),
            span: Span::current(),
            done,
            replay: task.notified.replay.clone(),
            found: AtomicUsize::new(0),
            collecting: task.collecting.clone(),
            end: Mutex::new(ReadEnd::GivenUp),
        }
    }

    /// Whether all that are wanted were found.
    ///
    /// # Errors
    /// How many were not.
    pub(super) fn has_all(&self) -> Result<(), usize> {
        let wanted = self.replay.as_ref().filter(|_| self.collecting.is_none());
        match wanted.map_or(0, |replay| replay.len().saturating_sub(self.found.load(Relaxed))) {
            0 => Ok(()),
            missing => Err(missing),
        }
    }

    fn refuse(&self, fault: &Fault) {
        let why = match fault.kind {
            FaultKind::RecordTooLarge => format!(
                "the record is larger than limits.record_bytes ({}); raise the limit to process it",
                self.state.treatment().limits.record_bytes
            ),
            kind => kind.to_string(),
        };
        let record = Record::new(&[], &self.state.object, fault.index, fault.offset);
        self.state.refuse(record, why);
    }

    /// How the reading ended.
    pub(super) fn ends(&self, end: ReadEnd) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

impl Exit for Outlet {
    fn is_open(&self) -> bool {
        !self.state.stop.is_cancelled()
    }

    fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Hands a block's records to every processor. Its faults are failures of the records they
    /// stand for.
    fn hand_on(&self, block: Buffer) {
        let (_runtime, _span) = (self.runtime.enter(), self.span.enter());
        let records = block.len() as u64;
        block.faults().iter().for_each(|fault| self.refuse(fault));
        if let Some(collecting) = &self.collecting {
            collecting.take(&block, &self.engine.budget);
        } else {
            self.engine.shared.counters.objects.records.add(records);
        }
        if records == 0 || self.collecting.is_some() {
            return self.blocks.give_back(block);
        }
        let all = block.index(0)..block.index(0) + records;
        let wanted = self.replay.as_ref().map(|replay| replay.within(&all));
        let parcel = Parcel::new(block, Arc::clone(&self.state), Arc::clone(&self.blocks));
        let shares = Share::all(&Arc::new(parcel), |processor| match &self.done {
            Some(done) => Some(done[processor].missing(&all)),
            None => wanted.clone(),
        });
        let verdicts = shares.iter().map(Share::len).sum();
        if self.done.is_some() {
            for &processor in self.state.processors() {
                let own = shares.iter().filter(|share| share.processor() == processor);
                let left: usize = own.map(Share::len).sum();
                self.state.was_done(processor, records - left as u64);
            }
        }
        // A replay is for one processor.
        let records = if wanted.is_some() { verdicts as u64 } else { records };
        self.found.fetch_add(verdicts, Relaxed);
        self.state.open(records, verdicts);
        self.engine.processors.process(shares, &self.cx);
    }

    fn reached(&self, fingerprint: &mut Fingerprint) {
        if let Some(progress) = self.state.progress() {
            progress.reached(fingerprint.mark(), &fingerprint.confirmed());
        }
    }

    fn decoded(&self, bytes: u64, passed_over: u64) {
        let counters = &self.engine.shared.counters.objects;
        counters.bytes_decoded.add(bytes);
        counters.passed_over.add(passed_over);
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let end = *self.end.get_mut().unwrap_or_else(PoisonError::into_inner);
        if end == ReadEnd::GivenUp && !std::thread::panicking() {
            self.state.cut_short();
        }
        self.blocks.close();
        self.state.close(end == ReadEnd::ReadToEnd);
    }
}

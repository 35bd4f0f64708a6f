use crate::{
    decode::{Fault, FaultKind},
    object::{
        blocks::{Blocks, Buffer},
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
use std::sync::{Arc, Mutex, PoisonError};
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
        blocks: Blocks,
        done: Option<Vec<Set>>,
    ) -> Self {
        Self {
            engine: Arc::clone(&task.engine),
            state,
            blocks: Arc::new(blocks),
            cx: Context::new(task.message.receive_count, task.stop.token()),
            runtime: Handle::current(),
            span: Span::current(),
            done,
            end: Mutex::new(ReadEnd::GivenUp),
        }
    }

    pub(super) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Whether the object's records are still wanted.
    pub(super) fn is_open(&self) -> bool {
        !self.state.stop.is_cancelled()
    }

    /// Hands a block's records to every processor. Its faults are failures of the records they
    /// stand for.
    pub(super) fn hand_on(&self, block: Buffer) {
        let (_runtime, _span) = (self.runtime.enter(), self.span.enter());
        let records = block.len() as u64;
        self.engine.shared.counters.objects.records.add(records);
        block.faults().iter().for_each(|fault| self.refuse(fault));
        if records == 0 {
            return self.blocks.give_back(block);
        }
        let all = block.index(0)..block.index(0) + records;
        let parcel = Parcel::new(block, Arc::clone(&self.state), Arc::clone(&self.blocks));
        let shares = Share::all(&Arc::new(parcel), |processor| {
            self.done.as_ref().map(|done| done[processor].missing(&all))
        });
        self.state.open(records, shares.iter().map(Share::len).sum());
        self.engine.processors.process(shares, &self.cx);
    }

    /// The object was read so far.
    pub(super) fn reached(&self, fingerprint: &mut Fingerprint) {
        if let Some(progress) = self.state.progress() {
            progress.reached(fingerprint.mark(), &fingerprint.confirmed());
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

use super::ObjectFault;
use crate::{
    port::PortErrorKind,
    record::Description,
    testing::{Event, Trace},
};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What is in the bucket, and what happens to it.
#[derive(Debug)]
pub(super) struct Bucket {
    state: Mutex<State>,
    pub(super) trace: Trace,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) objects: BTreeMap<String, Vec<Version>>,
    /// What goes wrong next, and how many times.
    pub(super) faults: BTreeMap<String, VecDeque<(ObjectFault, usize)>>,
    /// How requests fail for keys that begin so, until told otherwise.
    pub(super) refusals: BTreeMap<String, PortErrorKind>,
    /// How the next requests to delete or tag fail, one each.
    pub(super) finish_refusals: VecDeque<PortErrorKind>,
    /// Connections break.
    pub(super) cut: bool,
    /// Every read of an object that is there.
    pub(super) reads: Vec<Read>,
    pub(super) chunk: usize,
    /// What is said of each object.
    pub(super) description: Description,
    /// How long every request takes.
    pub(super) latency: Duration,
    pub(super) versioned: bool,
    /// Does not tell how large an object is.
    pub(super) unsized_: bool,
    /// Does not tell ETags.
    pub(super) untagged: bool,
    /// Does not tell checksums.
    pub(super) unsummed: bool,
    pub(super) versions: u32,
    pub(super) open: usize,
    pub(super) most_open: usize,
}

/// A read, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) from: u64,
    pub(crate) is_pinned: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: Option<String>,
    pub(super) etag: String,
    /// `None`: a delete marker.
    pub(super) bytes: Option<Bytes>,
    pub(super) sum: u32,
    pub(super) tags: BTreeMap<String, String>,
}

impl Bucket {
    pub(super) fn new(trace: Trace) -> Self {
        let state = State {
            objects: BTreeMap::new(),
            faults: BTreeMap::new(),
            refusals: BTreeMap::new(),
            finish_refusals: VecDeque::new(),
            cut: false,
            reads: Vec::new(),
            chunk: 16 << 10,
            description: Description::default(),
            latency: Duration::ZERO,
            versioned: false,
            unsized_: false,
            untagged: false,
            unsummed: false,
            versions: 0,
            open: 0,
            most_open: 0,
        };
        Self { state: Mutex::new(state), trace }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.state().cut
    }

    pub(super) fn refusal(&self, key: &str) -> Option<PortErrorKind> {
        let state = self.state();
        state
            .refusals
            .iter()
            .find(|(prefix, _)| key.starts_with(prefix.as_str()))
            .map(|(_, kind)| *kind)
    }

    pub(super) fn closed(&self, key: &str) {
        self.state().open -= 1;
        self.trace.note(Event::Closed { object: key.to_owned() });
    }

    pub(super) fn struck(&self, key: &str, fault: ObjectFault) {
        self.trace.note(Event::Struck { object: key.to_owned(), fault });
    }
}

impl State {
    pub(super) fn next_fault(&mut self, key: &str) -> Option<ObjectFault> {
        let faults = self.faults.get_mut(key)?;
        let (fault, times) = faults.front_mut()?;
        let fault = (*times > 0).then_some(*fault);
        *times = times.saturating_sub(1);
        if *times == 0 {
            faults.pop_front();
        }
        fault
    }
}

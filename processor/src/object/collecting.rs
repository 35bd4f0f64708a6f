use super::{
    budget::{Budget, Reserved},
    failures::FailedRecord,
};
use crate::{
    decode::Block,
    quarantine::{Allowed, MOST_BYTES},
    record::ObjectRef,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All that failed of one object, as it was read.
pub(super) struct Failed {
    pub(super) object: ObjectRef,
    pub(super) records: Vec<FailedRecord>,
}

/// An object that is read once more, for the records that are to be put aside.
pub(super) struct Collecting {
    failed: Failed,
    found: Mutex<Found>,
    /// By the guard, until it was done.
    allowed: Mutex<Option<Allowed>>,
}

#[derive(Default)]
struct Found {
    /// By their indices.
    payloads: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
    room: Vec<Reserved>,
    wrong: Option<&'static str>,
}

impl Collecting {
    pub(super) fn new(failed: Failed, allowed: Allowed) -> Arc<Self> {
        Arc::new(Self { failed, found: Mutex::default(), allowed: Mutex::new(Some(allowed)) })
    }

    /// What failed.
    pub(super) fn failed(&self) -> &Failed {
        &self.failed
    }

    /// What is in the records that failed, by their indices.
    ///
    /// # Errors
    /// Why they cannot be put aside.
    pub(super) fn collected(&self) -> Result<BTreeMap<u64, Vec<u8>>, &'static str> {
        let mut found = self.found();
        match found.wrong {
            Some(wrong) => Err(wrong),
            None => Ok(std::mem::take(&mut found.payloads)),
        }
    }

    /// They were put aside.
    pub(super) fn is_done(&self) {
        let allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner).take();
        allowed.into_iter().for_each(Allowed::used);
    }

    /// The ETag that the object has to have.
    pub(super) fn etag(&self) -> &str {
        self.failed.object.etag()
    }

    /// The object begins to be read.
    pub(super) fn begin(&self) {
        *self.found() = Found::default();
    }

    /// Copies what is wanted of a block. Bytes for it are tried for: who waits for some must hold
    /// none.
    pub(super) fn take(&self, block: &Block, budget: &Budget) {
        let mut found = self.found();
        let first = block.index(0);
        for failed in &self.failed.records {
            let at = failed.index.checked_sub(first).filter(|at| *at < block.len() as u64);
            let Some(at) = at.map(|at| at as usize) else { continue };
            if found.wrong.is_some() || found.payloads.contains_key(&failed.index) {
                continue;
            }
            let payload = block.record(at);
            let room = budget.try_more(payload.len());
            found.bytes += payload.len();
            found.wrong = match () {
                () if block.offset(at) != failed.offset => Some("a record is not where it was"),
                () if found.bytes > MOST_BYTES => Some("its failed records have more than 8 MiB"),
                () if room.is_none() => Some("others hold all bytes of limits.buffered_bytes"),
                () => None,
            };
            if found.wrong.is_none() {
                found.payloads.insert(failed.index, payload.to_vec());
                found.room.extend(room);
            }
        }
    }

    /// What was reserved is given back, to be asked for again together with more: so many bytes.
    pub(super) fn give_up_room(&self) -> u64 {
        let mut found = self.found();
        found.room.clear();
        found.bytes as u64
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

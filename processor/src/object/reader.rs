//! Reads one object: reserves, opens, decodes step by step, and hands parcels on.

mod asking;
mod chunks;
mod cut;
mod name;
mod outlet;
mod pieces;
mod reading;
mod resumed;
mod task;
mod whole;

pub(super) use task::Task;

use super::{
    blocks::Blocks,
    budget::Room,
    engine::Engine,
    registry::{Claim, Claimed},
    state::ObjectState,
};
use crate::{
    job::Ticket, notification::NotifiedObject, port::StoredObject, record::ObjectRef,
    runtime::report, tracking::ObjectEnd,
};
use asking::{Asking, Refusal};
use chunks::Chunks;
use cut::Cut;
use outlet::{Outlet, ReadEnd};
use reading::Reading;
use resumed::Resumed;
use std::{fmt, future::Future, sync::Arc, time::Duration};

/// An object whose first answer takes longer failed for now.
const OPENING: Duration = Duration::from_secs(60);

/// An object that was answered for, with room for it.
struct Opened {
    stored: StoredObject,
    room: Room,
    asking: Asking,
}

impl Task {
    /// Reads the object, and reports how that ended by its ticket.
    pub(super) async fn run(self, ticket: Ticket) {
        // Dropped in the middle, the claim goes before the ticket: who waits for the object is told
        // before its message is.
        let claim = match self.claim().await {
            Ok(claim) => claim,
            // What was done for another message was counted there.
            Err(ObjectEnd::Done) => return ticket.report(ObjectEnd::Done),
            Err(end) => {
                self.report_unopened(&end);
                return ticket.report(end);
            }
        };
        match self.open().await {
            Ok(opened) => self.read(opened, ticket, claim).await,
            Err(end) => {
                self.report_unopened(&end);
                claim.end(&end);
                ticket.report(end);
            }
        }
    }

    /// Reserves room for the object and opens it. While it cannot be opened, nothing of it is held.
    async fn open(&self) -> Result<Opened, ObjectEnd> {
        let (store, shared) = (Arc::clone(&self.engine.store), self.engine.shared.clone());
        let mut asking = Asking::new(store, shared, Arc::clone(&self.message), self.name());
        let mut may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
        loop {
            if let Err(refusal) = may_ask {
                return Err(self.refused(refusal));
            }
            let room = self.room().await.ok_or_else(|| self.unstarted())?;
            if asking.is_held_up() {
                drop(room);
                may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
                continue;
            }
            may_ask = match self.unless_stopped(asking.open(0, None, OPENING)).await? {
                Ok(stored) => return Ok(Opened { stored, room, asking }),
                Err(error) => {
                    drop(room);
                    self.unless_stopped(asking.failed(error, 0, None)).await?
                }
            };
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, ObjectEnd> {
        self.stop.run_until_cancelled(work).await.ok_or(ObjectEnd::Cancelled)
    }

    fn refused(&self, refusal: Refusal) -> ObjectEnd {
        let Refusal::Error(error) = refusal else { return self.unstarted() };
        self.report_unreadable(&error.kind, &error);
        ObjectEnd::Failed { retry_after: None }
    }

    fn report_unopened(&self, end: &ObjectEnd) {
        report::object_ended(self.counters(), &self.name(), end, &[], false);
    }

    fn report_unreadable(&self, reason: &dyn fmt::Debug, error: &dyn fmt::Display) {
        let message_id = &self.message.message_id;
        report::object_unreadable(self.counters(), &self.name(), message_id, reason, error);
    }

    /// Registers the object as in flight. If it already is, announced by another message, waits for
    /// that work's end: if it was done, there is nothing left to do.
    async fn claim(&self) -> Result<Claim, ObjectEnd> {
        let Engine { registry, shared, .. } = &*self.engine;
        loop {
            let (theirs, _waiting) = match registry.claim(&self.message, &self.notified) {
                Claimed::Ours(claim) => return Ok(claim),
                Claimed::Theirs(theirs, waiting) => (theirs, waiting),
            };
            let ended = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(self.unstarted()),
                () = shared.signals.drain.cancelled() => return Err(self.unstarted()),
                end = theirs.wait() => end == Some(&ObjectEnd::Done),
            };
            if ended {
                let message_id = &self.message.message_id;
                report::object_was_in_flight(self.counters(), &self.name(), message_id);
                return Err(ObjectEnd::Done);
            }
        }
    }

    fn unstarted(&self) -> ObjectEnd {
        if self.stop.is_cancelled() { ObjectEnd::Cancelled } else { ObjectEnd::NotStarted }
    }

    /// Reserves the most this object may hold, before anything of it is held. `None`: no longer
    /// wanted.
    async fn room(&self) -> Option<Room> {
        let Engine { budget, shared, .. } = &*self.engine;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = shared.signals.drain.cancelled() => None,
            room = budget.room(budget.block_size(self.notified.size)) => Some(room),
        }
    }

    /// Arguments are dropped from the last to the first: the claim goes before the ticket.
    async fn read(self, opened: Opened, ticket: Ticket, claim: Claim) {
        let Opened { stored, room, asking } = opened;
        let Engine { budget, pool, limits, shared, .. } = &*self.engine;
        let object = self.object(&stored);
        report::object_opened(self.counters(), &object, self.notified.etag.as_deref());
        let (stop, limit) = (self.stop.clone(), limits.failed_records);
        let state = Arc::new(ObjectState::new(object, stop, limit, shared.clone()));
        state.take_over(claim, ticket);
        let size = stored.size;
        // What was reserved went by the size announced.
        let block_size = budget.block_size(size).min(budget.block_size(self.notified.size));
        let blocks = Blocks::new(Arc::clone(pool), block_size, room);
        let outlet = Arc::new(Outlet::new(&self, state, blocks));
        let body = Resumed::new(asking, stored, self.stop.clone());
        let chunks = Chunks::of(Box::new(body), size);
        match Reading::new(&self, Arc::clone(&outlet), size).run(chunks).await {
            Ok(()) => outlet.ends(ReadEnd::ReadToEnd),
            Err(Cut::Stopped) => {}
            Err(cut) => {
                self.report_unreadable(&cut.reason(), &cut);
                outlet.ends(ReadEnd::Failed);
            }
        }
    }

    /// The object as it was found in the store.
    fn object(&self, stored: &StoredObject) -> ObjectRef {
        let NotifiedObject { bucket, key, version_id, size, event_time, .. } = &*self.notified;
        let version_id = stored.version_id.as_deref().or(version_id.as_deref());
        let size = stored.size.or(*size).unwrap_or_default();
        ObjectRef::new(bucket, key, version_id, &stored.etag, size, event_time.as_deref())
    }
}

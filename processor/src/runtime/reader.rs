//! Reads one object: reserves, opens, decodes step by step, and hands batches on.

mod asking;
mod chunks;
mod cut;
mod outlet;
mod pieces;
mod reading;
mod source;
mod whole;

use super::{
    blocks::{BLOCKS, Blocks, LARGEST_BLOCK, SMALLEST_BLOCK},
    job::{MessageInfo, Ticket},
    object::ObjectState,
    registry::{Claim, Claimed},
    report,
    worker::{Worker, WorkerSettings},
};
use crate::{
    notification::NotifiedObject, port::StoredObject, record::ObjectRef, tracking::ObjectEnd,
};
use asking::{Asking, Refusal};
use chunks::Chunks;
use cut::Cut;
use outlet::{Outcome, Outlet};
use reading::Reading;
use source::{Name, Source};
use std::{sync::Arc, time::Duration};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// The budget is counted in units, because semaphores count in 32 bits.
const BUDGET_UNIT: usize = 4 << 10;
/// An object whose first answer takes longer failed for now.
const OPENING: Duration = Duration::from_secs(60);

pub(super) fn units(bytes: usize) -> usize {
    bytes.div_ceil(BUDGET_UNIT)
}

/// The work on one object.
pub(super) struct Task {
    pub(super) worker: Worker,
    pub(super) message: Arc<MessageInfo>,
    pub(super) stop: CancellationToken,
    pub(super) notified: Arc<NotifiedObject>,
}

/// An object that was answered for, with room for it.
struct Opened {
    stored: StoredObject,
    reserved: OwnedSemaphorePermit,
    asking: Asking,
}

impl Task {
    pub(super) async fn run(self, mut ticket: Ticket) {
        match self.claim().await {
            Ok(claim) => ticket.claimed(claim),
            // What was done for another message was counted there.
            Err(ObjectEnd::Done) => return ticket.report(ObjectEnd::Done),
            Err(end) => return self.end_unopened(end, ticket),
        }
        match self.open().await {
            Ok(opened) => self.read(opened, ticket).await,
            Err(end) => self.end_unopened(end, ticket),
        }
    }

    /// Reserves room for the object and opens it. While it cannot be opened, nothing of it is held.
    async fn open(&self) -> Result<Opened, ObjectEnd> {
        let settings = self.settings();
        let (store, shared) = (Arc::clone(&settings.store), settings.shared.clone());
        let mut asking = Asking::new(store, shared, Arc::clone(&self.message), self.name());
        let mut may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
        loop {
            if let Err(refusal) = may_ask {
                return Err(self.refused(refusal));
            }
            let reserved = self.reserve().await.ok_or_else(|| self.unstarted())?;
            if asking.is_held_up() {
                drop(reserved);
                may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
                continue;
            }
            may_ask = match self.unless_stopped(asking.open(0, None, OPENING)).await? {
                Ok(stored) => return Ok(Opened { stored, reserved, asking }),
                Err(error) => {
                    drop(reserved);
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
        let counters = &self.settings().shared.counters;
        report::object_unreadable(
            counters,
            &self.name(),
            &self.message.message_id,
            &error.kind,
            &error,
        );
        ObjectEnd::Failed { retry_after: None }
    }

    fn end_unopened(&self, end: ObjectEnd, ticket: Ticket) {
        report::object_ended(&self.settings().shared.counters, &self.name(), &end, &[], false);
        ticket.report(end);
    }

    /// Registers the object as in flight. If it already is, announced by another message, waits for
    /// that work's end: if it was done, there is nothing left to do.
    async fn claim(&self) -> Result<Claim, ObjectEnd> {
        let MessageInfo { message_id, receive_count, lease, .. } = &*self.message;
        loop {
            let registry = &self.settings().registry;
            let (theirs, _waiting) =
                match registry.claim(message_id, *receive_count, &self.notified, lease) {
                    Claimed::Ours(claim) => return Ok(claim),
                    Claimed::Theirs(theirs, waiting) => (theirs, waiting),
                };
            let draining = &self.settings().shared.signals.drain;
            let ended = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(self.unstarted()),
                () = draining.cancelled() => return Err(self.unstarted()),
                end = theirs.wait() => end == Some(&ObjectEnd::Done),
            };
            if ended {
                report::object_was_in_flight(
                    &self.settings().shared.counters,
                    &self.name(),
                    message_id,
                );
                return Err(ObjectEnd::Done);
            }
        }
    }

    fn unstarted(&self) -> ObjectEnd {
        if self.stop.is_cancelled() { ObjectEnd::Cancelled } else { ObjectEnd::NotStarted }
    }

    /// Reserves the most this object may hold, before anything of it is held. `None`: no longer
    /// wanted.
    async fn reserve(&self) -> Option<OwnedSemaphorePermit> {
        let settings = self.settings();
        let all = units(settings.limits.buffered_bytes);
        let wanted = units(BLOCKS * self.block_size(self.notified.size)).min(all);
        let reserve = Arc::clone(&settings.budget)
            .acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = settings.shared.signals.drain.cancelled() => None,
            reserved = reserve => reserved.ok(),
        }
    }

    /// A buffer holds about what the object may decompress to, within bounds and within the limit
    /// of all buffers.
    fn block_size(&self, size: Option<u64>) -> usize {
        let all = self.settings().limits.buffered_bytes / BLOCKS;
        let wanted = size
            .and_then(|size| usize::try_from(size.saturating_mul(8)).ok())
            .unwrap_or(LARGEST_BLOCK);
        wanted.clamp(SMALLEST_BLOCK, LARGEST_BLOCK).min(all)
    }

    async fn read(self, opened: Opened, ticket: Ticket) {
        let Opened { stored, reserved, asking } = opened;
        let settings = self.settings();
        let object = ObjectRef::new(
            &self.notified.bucket,
            &self.notified.key,
            stored.version_id.as_deref().or(self.notified.version_id.as_deref()),
            &stored.etag,
            stored.size.or(self.notified.size).unwrap_or_default(),
            self.notified.event_time.as_deref(),
        );
        report::object_opened(&settings.shared.counters, &object, self.notified.etag.as_deref());
        let limit = settings.limits.failed_records;
        let state =
            Arc::new(ObjectState::new(object, self.stop.clone(), limit, settings.shared.clone()));
        state.take_over(ticket);
        let size = stored.size;
        // What was reserved went by the size announced.
        let block_size = self.block_size(size).min(self.block_size(self.notified.size));
        let blocks = Blocks::new(Arc::clone(&settings.pool), block_size, reserved);
        let outlet = Arc::new(Outlet::new(&self, state, blocks));
        let chunks = Chunks::of(Box::new(Source::new(asking, stored, self.stop.clone())), size);
        match Reading::new(&self, Arc::clone(&outlet), size).run(chunks).await {
            Ok(()) => outlet.ends(Outcome::ReadToEnd),
            Err(Cut::Stopped) => {}
            Err(cut) => {
                report::object_unreadable(
                    &settings.shared.counters,
                    &self.name(),
                    &self.message.message_id,
                    &cut.reason(),
                    &cut,
                );
                outlet.ends(Outcome::Failed);
            }
        }
    }

    fn settings(&self) -> &WorkerSettings {
        self.worker.settings()
    }

    fn name(&self) -> Name {
        Name(Arc::clone(&self.notified))
    }
}

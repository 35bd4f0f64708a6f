//! Reads one object: waits for a place, opens, decodes step by step, and hands parcels on.

mod asking;
mod chunks;
mod cut;
mod outlet;
mod pieces;
mod reading;
mod resumed;
mod whole;

use super::{
    again::Owed,
    blocks::Blocks,
    budget::Reserved,
    duty::Duty,
    engine::Engine,
    failures::Failures,
    registry::{Claim, Claimed},
    state::ObjectState,
    task::Task,
};
use crate::{
    breaker::OutageOf,
    config::Missing,
    job::Ticket,
    notification::NotifiedObject,
    port::{PortErrorKind, StoredObject},
    progress::Identity,
    record::ObjectRef,
    runtime::{
        Waiting,
        report::{self, finish},
    },
    tracking::ObjectEnd,
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
    place: Reserved,
    asking: Asking,
}

/// Why an object was not opened.
enum Unopened {
    End(ObjectEnd),
    /// What it needs is down.
    Down(OutageOf),
}

impl Task {
    /// Reads the object, and reports how that ended by its ticket.
    pub(super) async fn run(self, ticket: Ticket, waiting: Waiting) {
        // Dropped in the middle, the claim goes before the ticket: who waits for the object is told
        // before its message is.
        let claim = match self.claim().await {
            Ok(claim) => claim,
            // What was done for another message was counted there.
            Err(ObjectEnd::Done) => return ticket.report(ObjectEnd::Done),
            Err(end) => {
                report::object_ended(
                    self.counters(),
                    &self.message.message_id,
                    &self.treatment,
                    &self.name(),
                    &end,
                    &[],
                    false,
                );
                return ticket.report(end);
            }
        };
        self.attempt(claim, ticket, waiting).await;
    }

    /// Opens and reads the object, which counts as waiting for room until there is some.
    pub(super) async fn attempt(mut self, claim: Claim, ticket: Ticket, waiting: Waiting) {
        let mut opened = self.open(waiting).await;
        if let Ok(Opened { stored, .. }) = &opened
            && let Err(unopened) = self.learn(&stored.etag, stored.version_id.as_deref()).await
        {
            opened = Err(unopened);
        }
        if let Ok(Opened { stored, .. }) = &opened
            && self.wanted_etag().is_some_and(|etag| etag != stored.etag)
        {
            let wrong = "it was overwritten, so it has not the records that are wanted";
            self.report_unreadable("Changed", &wrong);
            opened = Err(Unopened::End(ObjectEnd::Failed { retry_after: None }));
        }
        let duty = Box::new(Owed { claim, ticket, task: self.clone(), object: None });
        match opened {
            Ok(opened) => self.read(opened, duty).await,
            Err(Unopened::End(end)) => duty.end(end, &[], false),
            Err(Unopened::Down(of)) => duty.again(vec![of], None),
        }
    }

    /// Waits for a place for the object and opens it. While it cannot be opened, nothing of it is
    /// held.
    async fn open(&self, waiting: Waiting) -> Result<Opened, Unopened> {
        let (store, shared) = (Arc::clone(&self.engine.store), self.engine.shared.clone());
        let mut asking = Asking::new(store, shared, self.name());
        self.unless_handed_back(asking.admitted()).await?;
        let mut waiting = waiting;
        loop {
            let place = self.unless_handed_back(self.engine.budget.place()).await?;
            // A request under way is no waiting.
            drop(waiting);
            let error = match self.unless_stopped(asking.open(0, None, OPENING)).await? {
                Ok(stored) => return Ok(Opened { stored, place, asking }),
                Err(error) => error,
            };
            drop(place);
            match self.unless_handed_back(asking.failed(error)).await? {
                Ok(()) => {}
                Err(Refusal::Down(of)) => return Err(Unopened::Down(of)),
                // Not of one that was opened before, in this delivery: some of it is not done.
                Err(Refusal::Error(error))
                    if error.kind == PortErrorKind::Gone
                        && error.is_of_key()
                        && self.treatment.missing == Missing::Done
                        && self.held == 0 =>
                {
                    let message_id = &self.message.message_id;
                    finish::missing(self.counters(), message_id, &self.name());
                    return Err(Unopened::End(ObjectEnd::Done));
                }
                Err(Refusal::Error(error)) => {
                    self.report_unreadable(&format!("{:?}", error.kind), &error);
                    return Err(Unopened::End(ObjectEnd::Failed { retry_after: None }));
                }
            }
            waiting = self.engine.shared.capacity.wait();
        }
    }

    /// Learns what of the object, as it was opened, is settled already.
    async fn learn(&mut self, etag: &str, version_id: Option<&str>) -> Result<(), Unopened> {
        let Some(saver) = self.engine.saver.clone() else { return Ok(()) };
        // Of a replay nothing is remembered: it has some of the object's records only.
        if self.notified.replay.is_some() {
            return Ok(());
        }
        let NotifiedObject { bucket, key, version_id: announced, .. } = &*self.notified;
        let identity = Identity {
            queue: saver.queue().to_owned(),
            message_id: self.message.message_id.to_string(),
            bucket: bucket.clone(),
            key: key.clone(),
            version_id: version_id.or(announced.as_deref()).map(str::to_owned),
            etag: etag.to_owned(),
            decoder: self.treatment.decoder.identity().into_owned(),
        };
        if self.saving.as_ref().is_some_and(|known| *known.progress.identity() == identity) {
            return Ok(());
        }
        self.saving = None;
        if !etag.is_empty() {
            let saving = saver.begin(identity);
            // Nothing can have been saved for a message that comes for the first time.
            if self.message.receive_count > 1 {
                self.unless_handed_back(saver.load(&saving)).await?;
            }
            self.saving = Some(saving);
        }
        Ok(())
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Unopened> {
        let stopped = Unopened::End(ObjectEnd::Cancelled);
        self.stop.run_until_cancelled(work).await.ok_or(stopped)
    }

    /// Nothing of the object was processed: while draining it need not be waited for.
    async fn unless_handed_back<T>(&self, work: impl Future<Output = T>) -> Result<T, Unopened> {
        let draining = &self.engine.shared.signals.drain;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Unopened::End(ObjectEnd::Cancelled)),
            () = draining.cancelled(), if !self.message.is_last_chance => {
                Err(Unopened::End(ObjectEnd::NotStarted))
            }
            done = work => Ok(done),
        }
    }

    fn report_unreadable(&self, reason: &str, error: &dyn fmt::Display) {
        let message_id = &self.message.message_id;
        report::object_unreadable(
            self.counters(),
            message_id,
            &self.treatment,
            &self.name(),
            reason,
            error,
        );
    }

    /// Registers the object as in flight. If it already is, announced by another message, waits for
    /// that work's end: if it was done, there is nothing left to do.
    async fn claim(&self) -> Result<Claim, ObjectEnd> {
        let Engine { registry, shared, .. } = &*self.engine;
        loop {
            let (theirs, _waiting) =
                match registry.claim(&self.message, &self.notified, &self.treatment) {
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
                report::object_was_in_flight(self.counters(), message_id, &self.name());
                return Err(ObjectEnd::Done);
            }
        }
    }

    fn unstarted(&self) -> ObjectEnd {
        if self.stop.is_cancelled() { ObjectEnd::Cancelled } else { ObjectEnd::NotStarted }
    }

    async fn read(self, opened: Opened, duty: Box<dyn Duty>) {
        let Opened { stored, place, asking } = opened;
        let Engine { budget, pool, shared, .. } = &*self.engine;
        let object = self.object(&stored);
        let message_id = &self.message.message_id;
        let notified_etag = self.notified.etag.as_deref();
        report::object_opened(self.counters(), message_id, &self.treatment, &object, notified_etag);
        let (stop, treatment) = (self.stop.clone(), Arc::clone(&self.treatment));
        let saving = self.saving.clone();
        // Asked before anything of this attempt is settled.
        let before = saving.as_ref().and_then(|saving| saving.progress.before());
        let (done, marks) = before.unzip();
        let is_collecting = self.collecting.is_some();
        self.collecting.iter().for_each(|collecting| collecting.begin());
        let may_put_aside = self.engine.quarantine.is_some() && !is_collecting;
        let failures = may_put_aside.then(|| Failures::new(self.message.is_late));
        let shared = shared.clone();
        let state = ObjectState::new(message_id, object, treatment, stop, shared, saving, failures);
        let state = Arc::new(state);
        state.take_over(duty);
        let size = stored.size;
        let blocks = Blocks::new(Arc::clone(pool), Arc::clone(budget), size, place);
        let outlet = Arc::new(Outlet::new(&self, Arc::clone(&state), blocks, done));
        let body = Resumed::new(asking, stored, Arc::clone(&state));
        let chunks = Chunks::of(Box::new(body), size);
        let marks = marks.unwrap_or_default();
        let read = Reading::new(&self, Arc::clone(&outlet), size).run(chunks, marks).await;
        match self.whole(&outlet, read).await {
            Ok(()) => outlet.ends(ReadEnd::ReadToEnd),
            Err(Cut::Stopped) => {}
            Err(cut) => {
                if cut.is_damage() {
                    state.spoil();
                }
                self.report_unreadable(&cut.reason(), &cut);
                outlet.ends(ReadEnd::Failed);
            }
        }
    }

    /// What else has to be so when an object was read to its end.
    async fn whole(&self, outlet: &Outlet, read: Result<(), Cut>) -> Result<(), Cut> {
        read?;
        outlet.has_all().map_err(Cut::NoSuchRecord)?;
        let Self { engine, message, treatment, stop, .. } = self;
        if let Some((collecting, quarantine)) =
            self.collecting.as_ref().zip(engine.quarantine.as_ref())
        {
            let put = quarantine.put(collecting, message, treatment, &engine.threads, stop);
            put.await.map_err(|why| match stop.is_cancelled() {
                true => Cut::Stopped,
                false => Cut::NotPutAside(why),
            })?;
        }
        Ok(())
    }

    /// The object as it was found in the store.
    fn object(&self, stored: &StoredObject) -> ObjectRef {
        let NotifiedObject { bucket, key, version_id, size, event_time, .. } = &*self.notified;
        let version_id = stored.version_id.as_deref().or(version_id.as_deref());
        let size = stored.size.or(*size).unwrap_or_default();
        let (time, decoder) = (event_time.as_deref(), self.treatment.id_decoder.as_deref());
        ObjectRef::new(bucket, key, version_id, &stored.etag, size, time, decoder)
    }
}

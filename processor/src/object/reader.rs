//! Reads one object: waits for a place, opens, decodes step by step, and hands parcels on.

mod asking;
mod chunks;
mod cut;
mod opened;
mod outlet;
mod pieces;
mod reading;
mod resumed;
mod spooling;
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
    config::Missing,
    job::Ticket,
    notification::NotifiedObject,
    port::PortErrorKind,
    progress::{Fingerprint, Identity},
    record::{Details, ObjectRef},
    runtime::{
        Waiting,
        report::{self, finish},
    },
    tracking::ObjectEnd,
};
use asking::{Asking, Refusal};
use chunks::Chunks;
use cut::Cut;
use opened::{Found, Opened, Ready, Unopened};
use outlet::{Outlet, ReadEnd};
use reading::Reading;
use resumed::Resumed;
use std::{fmt, future::Future, sync::Arc, time::Duration};
use tokio::time::Instant;

/// An object whose first answer takes longer failed for now.
const OPENING: Duration = Duration::from_secs(60);

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
        let ready = self.make_ready(waiting).await;
        let duty = Box::new(Owed { claim, ticket, task: self.clone(), object: None });
        match ready {
            Ok(ready) => self.read(ready, duty).await,
            Err(Unopened::End(end)) => duty.end(end, &[], false),
            Err(Unopened::Down(of)) => duty.again(vec![of], None),
        }
    }

    /// Opens the object, and learns of it what has to be known before it is processed.
    async fn make_ready(&mut self, waiting: Waiting) -> Result<Ready, Unopened> {
        let opened = self.open(waiting).await?;
        self.learn(&opened.found).await?;
        if self.wanted_etag().is_some_and(|etag| etag != opened.found.etag) {
            let wrong = "it was overwritten, so it has not the records that are wanted";
            self.report_unreadable("Changed", &wrong);
            return Err(Unopened::End(ObjectEnd::Failed { retry_after: None }));
        }
        self.spooled(opened).await
    }

    /// Waits for a place for the object and opens it. While it cannot be opened, nothing of it is
    /// held.
    async fn open(&self, waiting: Waiting) -> Result<Opened<Resumed>, Unopened> {
        let (store, shared) = (Arc::clone(&self.engine.store), self.engine.shared.clone());
        let mut asking = Asking::new(store, shared, self.name());
        self.unless_handed_back(asking.admitted()).await?;
        let mut waiting = waiting;
        loop {
            let place = self.unless_handed_back(self.engine.budget.place()).await?;
            // A request under way is no waiting.
            drop(waiting);
            let asked_at = Instant::now();
            let error = match self.unless_stopped(asking.open(0, None, OPENING)).await? {
                Ok(mut stored) => {
                    let found = Found {
                        etag: stored.etag.clone(),
                        version_id: stored.version_id.clone(),
                        size: stored.size,
                        description: std::mem::take(&mut stored.description),
                    };
                    let blocks = self.blocks(found.size, place);
                    let source = Resumed::new(asking, stored, asked_at);
                    return Ok(Opened { found, blocks, source });
                }
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

    fn blocks(&self, size: Option<u64>, place: Reserved) -> Arc<Blocks> {
        let Engine { budget, pool, .. } = &*self.engine;
        Arc::new(Blocks::new(Arc::clone(pool), Arc::clone(budget), size, place))
    }

    /// Learns what of the object, as it was opened, is settled already.
    async fn learn(&mut self, found: &Found) -> Result<(), Unopened> {
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
            version_id: found.version_id.as_ref().or(announced.as_ref()).cloned(),
            etag: found.etag.clone(),
            decoder: self.treatment.decoder.identity().into_owned(),
        };
        if self.saving.as_ref().is_some_and(|known| *known.progress.identity() == identity) {
            return Ok(());
        }
        self.saving = None;
        if !found.etag.is_empty() {
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

    async fn read(self, ready: Ready, duty: Box<dyn Duty>) {
        let Opened { found, blocks, source } = ready;
        let size = found.size;
        let object = self.object(found);
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
        let shared = self.engine.shared.clone();
        let state = ObjectState::new(message_id, object, treatment, stop, shared, saving, failures);
        let state = Arc::new(state);
        state.take_over(duty);
        let outlet = Arc::new(Outlet::new(&self, Arc::clone(&state), blocks, done));
        let marks = marks.unwrap_or_default();
        let fingerprint = self.saving.as_ref().map(|_| Fingerprint::new(marks));
        let reading = Reading::new(&self, Arc::clone(&outlet) as _, size);
        let read = reading.run(Chunks::of(source, size), fingerprint).await;
        match self.whole(&outlet, read).await {
            Ok(()) => outlet.ends(ReadEnd::ReadToEnd),
            Err(Cut::Stopped) => {}
            Err(Cut::Down(of)) => state.hold(&of),
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
    fn object(&self, found: Found) -> ObjectRef {
        let notified = &*self.notified;
        let NotifiedObject { bucket, key, version_id, size, event_time, .. } = notified;
        let version_id = found.version_id.as_deref().or(version_id.as_deref());
        let size = found.size.or(*size).unwrap_or_default();
        let (time, decoder) = (event_time.as_deref(), self.treatment.id_decoder.as_deref());
        let details = Details {
            message: Some(self.message.told.clone()),
            event_name: notified.event_name.clone(),
            sequencer: notified.sequencer.clone(),
            region: notified.region.clone(),
            description: found.description,
        };
        ObjectRef::new(bucket, key, version_id, &found.etag, size, time, decoder).with(details)
    }
}

use super::name::Name;
use crate::{
    job::MessageInfo,
    outage::{Failure, Next, OutageClass, Wanted},
    port::{PortError, PortErrorKind, Store, StoredObject},
    runtime::{
        Shared,
        gate::{self, Waiter},
        report,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// So many times in a row an object is asked for again without a byte of progress.
const TRIES: u32 = 6;
/// So many times if the service asks for less: some minutes. That is not the object's fault.
const TRIES_THROTTLED: u32 = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE_THROTTLED: Duration = Duration::from_secs(20);
/// A request, or a connection, that brings nothing for so long is given up.
pub(super) const STALL: Duration = Duration::from_secs(30);

/// Asks for one object, by turns with everybody else, until it is answered or it becomes clear that
/// it will not be.
pub(super) struct Asking {
    pub(super) store: Arc<dyn Store>,
    pub(super) shared: Shared,
    pub(super) name: Name,
    message: Arc<MessageInfo>,
    /// Nothing of the object was processed: it may be handed back at any time.
    unopened: bool,
    /// Tries since the last byte.
    tries: u32,
    /// An outage that held it was ended by others. See [`Failure::is_suspect`].
    is_suspect: bool,
}

/// Why there will be no answer.
pub(super) enum Refusal {
    Error(PortError),
    /// The pipeline is stopping, or another message needs the place.
    HandBack,
}

impl Asking {
    pub(super) fn new(
        store: Arc<dyn Store>,
        shared: Shared,
        message: Arc<MessageInfo>,
        name: Name,
    ) -> Self {
        Self { store, shared, name, message, unopened: true, tries: 0, is_suspect: false }
    }

    pub(super) async fn open(
        &self,
        from: u64,
        etag: Option<&str>,
        patience: Duration,
    ) -> Result<StoredObject, PortError> {
        let late =
            |_| PortError::new(PortErrorKind::Transient, format!("no answer for {patience:?}"));
        timeout(patience, self.store.get(self.name.get(from, etag))).await.map_err(late)?
    }

    /// Waits until a request may be sent: at once, unless an outage lasts or the service asked for
    /// less.
    pub(super) async fn admitted(&mut self, from: u64, etag: Option<&str>) -> Result<(), Refusal> {
        let gate = Arc::clone(&self.shared.gate);
        let Some(waiter) = gate.arrive(|| self.wanted()) else { return Ok(()) };
        self.wait(waiter, None, from, etag).await
    }

    /// An outage began since [`admitted`](Self::admitted).
    pub(super) fn is_held_up(&self) -> bool {
        self.shared.gate.is_outage()
    }

    /// A request failed: waits until it may be sent again.
    pub(super) async fn failed(
        &mut self,
        error: PortError,
        from: u64,
        etag: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(class) = gate::class(error.kind) else {
            if matches!(error.kind, PortErrorKind::Gone | PortErrorKind::Changed) {
                self.shared.gate.answered();
            }
            return Err(Refusal::Error(error));
        };
        report::object_waits(&self.name, &error);
        let pause = self.next_pause(class);
        let gate = Arc::clone(&self.shared.gate);
        let failure = Failure { class, error: &error, retry_at: None, is_suspect: self.is_suspect };
        let waiter = gate.failed(&self.wanted(), failure, pause);
        self.wait(waiter, Some(error), from, etag).await
    }

    /// A connection broke that had brought something: no failed request, so it is asked for again
    /// soon.
    pub(super) async fn broken(&mut self) {
        self.tries += 1;
        tokio::time::sleep(self.shared.env.jittered(FIRST_PAUSE)).await;
    }

    /// Bytes came.
    pub(super) fn succeeded(&mut self) {
        (self.tries, self.is_suspect, self.unopened) = (0, false, false);
        self.shared.gate.succeeded();
    }

    /// How long to wait before asking again; `None` if not at all. A refusal is an answer, and
    /// would be the same again.
    fn next_pause(&mut self, class: OutageClass) -> Option<Duration> {
        let (tries, longest) = match class {
            OutageClass::Throttled => (TRIES_THROTTLED, LONGEST_PAUSE_THROTTLED),
            OutageClass::Denied | OutageClass::Credentials => return None,
            _ => (TRIES, LONGEST_PAUSE),
        };
        if self.tries >= tries {
            return None;
        }
        self.tries += 1;
        Some(FIRST_PAUSE.saturating_mul(1 << (self.tries - 1).min(16)).min(longest))
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            bucket: self.name.0.bucket.clone(),
            object: self.name.to_string(),
            message: self.message.key,
            is_first_delivery: self.message.receive_count == 1,
        }
    }

    async fn wait(
        &mut self,
        waiter: Waiter<'_>,
        mut error: Option<PortError>,
        from: u64,
        etag: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut changes = self.shared.gate.watch();
        let draining = self.shared.signals.drain.clone();
        loop {
            changes.look();
            // What is held is handed back at once, also if it was begun: nobody knows when it could
            // be finished.
            let hand_back = self.unopened || self.is_held_up();
            if hand_back && draining.is_cancelled() {
                return Err(Refusal::HandBack);
            }
            let until = match waiter.next() {
                Next::Wait(until) => until,
                Next::Ask { after_outage: false } => return Ok(()),
                Next::Ask { after_outage: true } => {
                    self.is_suspect =
                        error.as_ref().and_then(|error| gate::class(error.kind)).is_some();
                    self.tries = 0;
                    return Ok(());
                }
                Next::GiveUp => return Err(error.map_or(Refusal::HandBack, Refusal::Error)),
                Next::Probe => {
                    let probed = self.probe(from, etag).await;
                    waiter.probed(probed.as_ref().err());
                    match probed {
                        Ok(()) => {
                            self.tries = 0;
                            return Ok(());
                        }
                        Err(failed) if gate::class(failed.kind).is_none() => {
                            return Err(Refusal::Error(failed));
                        }
                        Err(failed) => error = Some(failed),
                    }
                    continue;
                }
            };
            let moment = until.map(|until| self.shared.env.instant(until));
            tokio::select! {
                biased;
                () = changes.changed() => {}
                () = draining.cancelled(), if !draining.is_cancelled() => {}
                () = async { sleep_until(moment.unwrap_or_else(Instant::now)).await },
                    if moment.is_some() => {}
            }
        }
    }

    /// Asks for the object, to learn whether it can be read; what comes is thrown away, because
    /// there may be no room for it.
    async fn probe(&self, from: u64, etag: Option<&str>) -> Result<(), PortError> {
        let mut opened = self.open(from, etag, STALL).await?;
        let late = |_| PortError::new(PortErrorKind::Transient, format!("no data for {STALL:?}"));
        timeout(STALL, opened.body.next()).await.map_err(late)?.map(drop)
    }
}

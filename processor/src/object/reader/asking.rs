use crate::{
    breaker::{OutageClass, OutageOf},
    object::name::Name,
    port::{PortError, PortErrorKind, Store, StoredObject},
    runtime::{Shared, gate, report},
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// So many times in a row an object is asked for again without a byte of progress.
const TRIES: u32 = 6;
/// So many times if the service asks for less: some minutes. That is not the object's fault.
const TRIES_THROTTLED: u32 = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE_THROTTLED: Duration = Duration::from_secs(20);
/// A request, or a connection, that brings nothing for so long is given up.
pub(super) const STALL: Duration = Duration::from_secs(30);

/// Asks for one object, until it is answered or it becomes clear that it will not be.
pub(super) struct Asking {
    pub(super) store: Arc<dyn Store>,
    pub(super) shared: Shared,
    pub(super) name: Name,
    bucket: OutageOf,
    /// Tries since the last byte.
    tries: u32,
}

/// Why there is no answer, or nothing more of it.
#[derive(Debug)]
pub(super) enum Refusal {
    Error(PortError),
    /// Not this object alone is refused: what it depends on is down.
    Down(OutageOf),
}

impl Asking {
    pub(super) fn new(store: Arc<dyn Store>, shared: Shared, name: Name) -> Self {
        let bucket = OutageOf::Bucket(name.notified.bucket.clone());
        Self { store, shared, name, bucket, tries: 0 }
    }

    /// Waits until a request may be sent: at once, unless the service asked for less.
    pub(super) async fn admitted(&self) {
        self.shared.gate.admitted(&self.bucket).await;
    }

    pub(super) async fn open(
        &self,
        from: u64,
        etag: Option<&str>,
        patience: Duration,
    ) -> Result<StoredObject, PortError> {
        let late =
            |_| PortError::new(PortErrorKind::Transient, format!("no answer for {patience:?}"));
        // Where the store tells none there is nothing to compare.
        let etag = etag.filter(|etag| !etag.is_empty());
        timeout(patience, self.store.get(self.name.get(from, etag))).await.map_err(late)?
    }

    /// A request failed: waits until it may be sent again, or until it is clear that it may not.
    pub(super) async fn failed(&mut self, error: PortError) -> Result<(), Refusal> {
        let Self { shared: Shared { gate, env, .. }, name, bucket, .. } = &*self;
        let Some(class) = gate::class(error.kind) else {
            if matches!(error.kind, PortErrorKind::Gone | PortErrorKind::Changed) {
                gate.answered(bucket);
            }
            return Err(Refusal::Error(error));
        };
        report::object_waits(&name.message_id, name, &error);
        gate.failed(bucket, class, &name.to_string(), &error.to_string());
        let is_down = match self.pause(class) {
            Some(pause) => gate.goes_down_within(bucket, pause).await,
            None if gate.means_down(bucket, name.to_string(), env.now()).await => true,
            None => return Err(Refusal::Error(error)),
        };
        if is_down {
            return Err(Refusal::Down(self.bucket.clone()));
        }
        self.tries += 1;
        self.admitted().await;
        Ok(())
    }

    /// A connection broke that had brought something: no failed request, so it is asked for again
    /// soon.
    pub(super) async fn broken(&mut self) {
        self.tries += 1;
        tokio::time::sleep(self.shared.env.jittered(FIRST_PAUSE)).await;
        self.admitted().await;
    }

    /// Bytes came.
    pub(super) fn succeeded(&mut self) {
        self.tries = 0;
        self.shared.gate.succeeded(&self.bucket);
    }

    /// How long to wait before asking again; `None` if not at all. A refusal is an answer, and
    /// would be the same again.
    fn pause(&self, class: OutageClass) -> Option<Duration> {
        let (tries, longest) = match class {
            OutageClass::Throttled => (TRIES_THROTTLED, LONGEST_PAUSE_THROTTLED),
            OutageClass::Denied | OutageClass::Credentials => return None,
            _ => (TRIES, LONGEST_PAUSE),
        };
        let pause = FIRST_PAUSE.saturating_mul(1 << self.tries.min(16)).min(longest);
        (self.tries < tries).then_some(pause)
    }
}

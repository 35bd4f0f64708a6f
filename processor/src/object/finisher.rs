//! Cleans up: deletes or tags an object when its message was deleted. Whatever goes wrong with that
//! leaves an object, and costs no record.

use crate::{
    config::{Finish, FinishKind},
    job::MessageInfo,
    port::{PortError, PortErrorKind, Store, WasRead},
    record::ObjectRef,
    runtime::{Shared, report::finish as report},
};
use futures::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

/// So many requests are under way at once.
const AT_ONCE: usize = 32;
/// So many objects wait for their turn; more are kept.
const MOST_WAITING: usize = 10_000;
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

/// What cleans up for a pipeline.
pub(crate) struct Finisher {
    store: Arc<dyn Store>,
    shared: Shared,
    places: Semaphore,
    waiting: AtomicUsize,
}

/// An object that is done, and waits for its message to be deleted.
pub(super) struct Finished {
    pub(super) object: ObjectRef,
    /// Where its bucket is, as far as it was said.
    pub(super) region: Option<String>,
    pub(super) finish: Finish,
}

impl Finisher {
    pub(crate) fn new(store: Arc<dyn Store>, shared: Shared) -> Arc<Self> {
        let (places, waiting) = (Semaphore::new(AT_ONCE), AtomicUsize::new(0));
        Arc::new(Self { store, shared, places, waiting })
    }

    /// Waits until the message is deleted, and does with the object what is to be done.
    pub(super) fn when_deleted(
        self: Arc<Self>,
        finished: Finished,
        message: Arc<MessageInfo>,
    ) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (mut deleted, id) = (message.deleted.subscribe(), Arc::clone(&message.message_id));
            // If nobody is left who could say so, it was not.
            drop(message);
            if deleted.wait_for(|deleted| *deleted).await.is_ok() {
                self.finish(&finished, &id).await;
            }
        })
    }

    async fn finish(&self, finished: &Finished, message_id: &str) {
        let Finished { object, finish, .. } = finished;
        let counters = &self.shared.counters;
        let _waits = Waits::begin(&self.waiting);
        let outcome = match () {
            () if self.waiting.load(Relaxed) > MOST_WAITING => {
                Err("too many objects wait for it".to_owned())
            }
            () if object.version_id().is_none() && !finish.deletes() => Err("it has no version, \
                 and only a version can be tagged: let the bucket keep versions"
                .to_owned()),
            () if object.version_id().is_none() && object.etag().is_empty() => {
                Err("it has neither a version nor an ETag to know it by".to_owned())
            }
            () => {
                let _place = self.places.acquire().await;
                self.tried(finished).await
            }
        };
        match outcome {
            Ok(()) if finish.deletes() => report::deleted(counters, message_id, object),
            Ok(()) => report::tagged(counters, message_id, object),
            Err(why) => report::kept(counters, message_id, object, &why),
        }
    }

    async fn tried(&self, finished: &Finished) -> Result<(), String> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let late = |_| PortError::new(PortErrorKind::Transient, "no answer");
            let answer = timeout(PATIENCE, self.ask(finished)).await.map_err(late).flatten();
            let Err(error) = answer else { return Ok(()) };
            match error.kind {
                // Somebody was faster; or an answer was lost.
                PortErrorKind::Gone if error.is_of_key() => return Ok(()),
                PortErrorKind::Changed => {
                    return Err("it was overwritten since it was read".to_owned());
                }
                PortErrorKind::Transient | PortErrorKind::Throttled if attempt < TRIES => {
                    sleep(self.shared.env.jittered(pause)).await;
                    pause *= 2;
                }
                PortErrorKind::Denied => {
                    return Err(format!("{error}; allow {}", actions(finished)));
                }
                _ => return Err(error.to_string()),
            }
        }
        unreachable!("the last try returns")
    }

    async fn ask(&self, finished: &Finished) -> Result<(), PortError> {
        let Finished { object, region, finish } = finished;
        let was_read = WasRead {
            bucket: object.bucket(),
            key: object.key(),
            version_id: object.version_id(),
            etag: object.etag(),
            region: region.as_deref(),
        };
        match &finish.0 {
            FinishKind::Keep => Ok(()),
            FinishKind::Delete => self.store.delete(was_read).await,
            FinishKind::Tag { key, value } => self.store.tag(was_read, key, value).await,
        }
    }
}

fn actions(Finished { object, finish, .. }: &Finished) -> &'static str {
    match (&finish.0, object.version_id()) {
        (FinishKind::Tag { .. }, _) => "s3:GetObjectVersionTagging and s3:PutObjectVersionTagging",
        (_, Some(_)) => "s3:DeleteObjectVersion, unless the object is locked",
        (_, None) => "s3:DeleteObject",
    }
}

/// One more waits for its turn.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl fmt::Debug for Finisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finisher").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

//! Puts single records aside, so that their message may go.
//!
//! An object of which some records failed is read once more, for what is in them: a deferred record
//! was gone from memory when it failed, and to keep copies of whatever may fail would cost all
//! traffic. What is found then has been found to be whole as well.

use super::{
    collecting::{Collecting, Failed},
    failures::FailedRecord,
};
use crate::{
    job::MessageInfo,
    port::Quarantines,
    quarantine::{Guard, QuarantinedRecord, encode, name},
    route::Treatment,
    runtime::{Shared, Stop, Threads, report::quarantine as report},
};
use futures::FutureExt;
use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::timeout;

/// A file that is not stored by then counts as refused.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a pipeline puts records aside.
pub(crate) struct Quarantine {
    store: Box<dyn Quarantines>,
    guard: Arc<Guard>,
    queue_url: String,
    shared: Shared,
}

impl Quarantine {
    pub(crate) fn new(store: Box<dyn Quarantines>, queue_url: &str, shared: Shared) -> Self {
        Self { store, guard: Arc::default(), queue_url: queue_url.to_owned(), shared }
    }

    /// Whether all that failed of an object may be put aside.
    pub(super) fn may_take(&self, message_id: &str, failed: Failed) -> Option<Arc<Collecting>> {
        // Without an ETag nobody can say whether it is read again as it was.
        if failed.object.etag().is_empty() {
            return None;
        }
        let counters = &self.shared.counters;
        let (records, read) = (failed.records.len() as u64, counters.objects.records.get());
        let allowed = self.guard.allows(records, read, self.shared.env.now());
        if allowed.is_none() {
            report::too_many(counters, message_id, &failed.object, records);
        }
        allowed.map(|allowed| Collecting::new(failed, allowed))
    }

    /// Writes what was found. Only when that is confirmed the object is done.
    ///
    /// # Errors
    /// Why it could not be. The object then fails.
    pub(super) async fn put(
        &self,
        collected: &Collecting,
        message: &MessageInfo,
        treatment: &Treatment,
        threads: &Threads,
        stop: &Stop,
    ) -> Result<(), String> {
        let Failed { object, records } = collected.failed();
        let decoder = treatment.decoder.identity();
        let payloads = collected.collected()?;
        let names = &self.shared.counters.processors;
        let record = |failed: &FailedRecord| {
            let payload = payloads.get(&failed.index).ok_or("it has fewer records than before")?;
            Ok(QuarantinedRecord {
                queue_url: self.queue_url.clone(),
                message_id: message.message_id.to_string(),
                bucket: object.bucket().to_owned(),
                key: object.key().to_owned(),
                version_id: object.version_id().map(str::to_owned),
                etag: object.etag().to_owned(),
                size: object.size(),
                index: failed.index,
                offset: failed.offset,
                id: object.record_id(failed.offset),
                processor: names[failed.processor].0.clone(),
                decoder: decoder.clone().into_owned(),
                error: failed.error.clone(),
                deliveries: message.receive_count,
                payload: payload.clone(),
            })
        };
        let lines = records.iter().map(record).collect::<Result<Vec<_>, &str>>()?;
        let encoded = threads.run(move || encode(&lines)).await;
        let file = encoded.ok_or("the threads of the pipeline have ended")?.into();
        let name = name(&self.queue_url, &message.message_id, object, &decoder);
        let put = AssertUnwindSafe(async { self.store.put(&name, file).await }).catch_unwind();
        let answer = stop.run_until_cancelled(timeout(PATIENCE, put)).await;
        let answer = match answer.ok_or("the work on its message ended")? {
            Err(_) => Err(format!("no answer for {PATIENCE:?}")),
            Ok(Err(_)) => Err("the store panicked".to_owned()),
            Ok(Ok(answer)) => answer.map_err(|error| error.to_string()),
        };
        let counters = &self.shared.counters;
        if let Err(error) = answer {
            counters.quarantine.failed.add(1);
            return Err(error);
        }
        collected.is_done();
        let processors = records.iter().map(|failed| failed.processor);
        report::put_aside(counters, &message.message_id, object, &name, processors);
        Ok(())
    }
}

impl fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quarantine").field("queue_url", &self.queue_url).finish_non_exhaustive()
    }
}

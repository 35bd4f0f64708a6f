//! SQS: the JSON protocol over queues in memory.

mod attributes;
mod batch;
mod error;
mod manage;
mod message;
mod queue;
mod receipt;
mod receive;
mod send;
mod settle;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use error::SqsError;
pub(crate) use message::{Draft, MessageAttribute, MessageAttributes, size};
pub use queue::{MessageSnapshot, MessageState, QueueSnapshot};

use crate::embedded::fault::Fault;
use crate::embedded::{Shared, ids, lock};
use queue::Queue;

/// What a delete by a receipt handle does after a later receive has replaced it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StaleDeletes {
    /// It answers success and deletes nothing, as AWS documents it for standard queues. The
    /// default.
    #[default]
    AcceptedWithoutEffect,
    /// It fails with `InvalidParameterValue`: the receipt handle has expired.
    Rejected,
}

/// All queues of the account.
#[derive(Debug, Default)]
pub(crate) struct Queues(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    by_name: BTreeMap<String, Queue>,
    stale_deletes: StaleDeletes,
}

impl State {
    /// The queue of a URL: its last two segments are the account and the name.
    fn of_url(&mut self, url: &str) -> Result<&mut Queue, SqsError> {
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let (name, account) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if url.is_empty() {
            return Err(SqsError::missing("QueueUrl"));
        }
        match self.by_name.get_mut(name) {
            Some(queue) if account == ids::ACCOUNT => Ok(queue),
            _ => Err(SqsError::no_queue()),
        }
    }
}

impl Queues {
    pub(crate) fn snapshot(&self, name: &str, now: Instant) -> Option<QueueSnapshot> {
        let mut state = lock(&self.0);
        state.by_name.get_mut(name).map(|queue| queue.snapshot(now))
    }

    pub(crate) fn set_stale_deletes(&self, stale: StaleDeletes) {
        lock(&self.0).stale_deletes = stale;
    }

    /// Makes every waiting receive look again.
    pub(crate) fn wake_all(&self) {
        for queue in lock(&self.0).by_name.values() {
            queue.wake();
        }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        lock(&self.0).by_name.contains_key(name)
    }

    /// Puts a message from another service into the queue; false if there is no such queue.
    pub(crate) fn deliver(&self, shared: &Shared, name: &str, draft: Draft) -> bool {
        let mut state = lock(&self.0);
        let Some(queue) = state.by_name.get_mut(name) else {
            return false;
        };
        let delay = queue.attributes.delay();
        queue.push(draft.into_message(shared), shared.clock.now(), delay);
        true
    }
}

/// Carries out one action. `faults` are those of this request; failed batch entries and duplicates
/// are ours to do.
pub(crate) async fn handle(
    shared: &Shared,
    action: &str,
    body: &[u8],
    faults: &[Fault],
) -> Result<Bytes, SqsError> {
    match action {
        "ReceiveMessage" => reply(&receive::receive(shared, input(body)?, faults).await?),
        "SendMessage" => reply(&send::send(shared, input(body)?)?),
        "SendMessageBatch" => reply(&send::send_batch(shared, input(body)?, faults)?),
        "DeleteMessage" => settle::delete(shared, &input(body)?).and_then(done),
        "DeleteMessageBatch" => reply(&settle::delete_batch(shared, &input(body)?, faults)?),
        "ChangeMessageVisibility" => settle::change(shared, &input(body)?).and_then(done),
        "ChangeMessageVisibilityBatch" => {
            reply(&settle::change_batch(shared, &input(body)?, faults)?)
        }
        "CreateQueue" => reply(&manage::create(shared, &input(body)?)?),
        "GetQueueUrl" => reply(&manage::url(shared, &input(body)?)?),
        "ListQueues" => reply(&manage::list(shared, &input(body)?)),
        "GetQueueAttributes" => reply(&manage::attributes(shared, &input(body)?)?),
        "SetQueueAttributes" => manage::set_attributes(shared, &input(body)?).and_then(done),
        "DeleteQueue" => manage::delete(shared, &input(body)?).and_then(done),
        "PurgeQueue" => manage::purge(shared, &input(body)?).and_then(done),
        "ListDeadLetterSourceQueues" => reply(&manage::dead_letter_sources(shared, &input(body)?)?),
        _ => Err(SqsError::unsupported(action)),
    }
}

fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::malformed(&error))
}

fn reply(output: &impl Serialize) -> Result<Bytes, SqsError> {
    serde_json::to_vec(output).map(Bytes::from).map_err(|error| SqsError::malformed(&error))
}

fn done((): ()) -> Result<Bytes, SqsError> {
    Ok(Bytes::from_static(b"{}"))
}

//! The ports in memory as a suite outside this crate sees them: what it asks of SQS and S3 it asks
//! of them too.

use super::{MemoryQueue, MemoryStore, Place, QueueSettings, Trace};
use crate::{
    port::{GetObject, PortErrorKind, Queue, Receive, Store},
    tracking::{Answer, Entry, MessageKey},
};
use bytes::Bytes;
use std::time::Duration;

/// A queue in memory, with a dead-letter queue if `max_receives` is given.
#[derive(Debug, Clone)]
pub struct PortQueue(MemoryQueue);

/// A received message.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PortMessage {
    pub receipt: String,
    pub receive_count: u32,
}

/// What a queue answered about one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortAnswer {
    /// It took effect, or was said to.
    Done,
    /// The receipt is no longer good, or the message not in flight.
    Lost,
    /// The request asks for what is not allowed.
    Refused,
}

impl PortQueue {
    #[allow(missing_docs, reason = "the type says it")]
    pub fn new(max_receives: Option<u32>) -> Self {
        let settings = QueueSettings { max_receives, ..QueueSettings::default() };
        Self(MemoryQueue::new(settings, Trace::new()))
    }

    /// Sends a message that is visible after the delay.
    pub fn send(&self, body: &str, delay: Duration) {
        self.0.send_after(delay, body);
    }

    /// Receives what is visible, or becomes so while it waits.
    pub async fn receive(
        &self,
        max: usize,
        visibility_timeout: Duration,
        wait: Duration,
    ) -> Vec<PortMessage> {
        let received =
            self.0.receive(Receive { max, visibility_timeout, wait }).await.unwrap_or_default();
        let message = |received: crate::port::Received| PortMessage {
            receipt: received.receipt,
            receive_count: received.receive_count,
        };
        received.into_iter().map(message).collect()
    }

    /// Hides each message for so long from now.
    pub async fn change(&self, entries: Vec<(String, Duration)>) -> Vec<PortAnswer> {
        let entries = entries.into_iter().map(|(receipt, term)| entry(receipt, term)).collect();
        answers(self.0.change_visibility(entries).await.unwrap_or_default())
    }

    /// Deletes each message.
    pub async fn delete(&self, receipts: Vec<String>) -> Vec<PortAnswer> {
        let entries = receipts.into_iter().map(|receipt| entry(receipt, Duration::ZERO)).collect();
        answers(self.0.delete(entries).await.unwrap_or_default())
    }

    /// How many messages are visible, in flight, delayed, and in the dead-letter queue.
    pub fn counts(&self) -> [usize; 4] {
        [Place::Visible, Place::InFlight, Place::Delayed, Place::Dead]
            .map(|place| self.0.in_place(place).len())
    }
}

fn entry(receipt: String, term: Duration) -> Entry {
    Entry { key: MessageKey::default(), delivery: 0, receipt, term }
}

fn answers(answers: Vec<Answer>) -> Vec<PortAnswer> {
    let answer = |answer| match answer {
        Answer::Done => PortAnswer::Done,
        Answer::Lost => PortAnswer::Lost,
        Answer::Refused | Answer::Unanswered => PortAnswer::Refused,
    };
    answers.into_iter().map(answer).collect()
}

/// A bucket in memory; its name is `data`.
#[derive(Debug, Clone)]
pub struct PortStore(MemoryStore);

/// Why there is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortMiss {
    /// There is no such bucket, key or version.
    Gone,
    /// It has another ETag than was asked for.
    Changed,
    /// The request cannot be met, for example because the object ends before the first byte wanted.
    Refused,
}

impl PortStore {
    #[allow(missing_docs, reason = "the type says it")]
    pub fn new(versioned: bool) -> Self {
        let store = MemoryStore::new(Trace::new());
        if versioned {
            store.keep_versions();
        }
        Self(store)
    }

    /// Writes an object: its ETag, and its version where there are versions.
    pub fn put(&self, key: &str, bytes: &[u8]) -> (String, Option<String>) {
        let announced = self.0.put(key, Bytes::copy_from_slice(bytes));
        (announced.etag, announced.version_id)
    }

    /// Deletes the key, without naming a version.
    pub fn remove(&self, key: &str) {
        self.0.remove(key);
    }

    /// Reads an object from a byte on.
    pub async fn get(
        &self,
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
        from: u64,
        if_match: Option<&str>,
    ) -> Result<Vec<u8>, PortMiss> {
        let get = GetObject { bucket, key, version_id, region: None, from, if_match };
        let mut object = self.0.get(get).await.map_err(|error| match error.kind {
            PortErrorKind::Gone => PortMiss::Gone,
            PortErrorKind::Changed => PortMiss::Changed,
            _ => PortMiss::Refused,
        })?;
        let mut bytes = Vec::new();
        while let Some(chunk) = object.body.next().await.map_err(|_| PortMiss::Refused)? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

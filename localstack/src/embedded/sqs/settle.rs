//! `DeleteMessage`, `ChangeMessageVisibility` and their batches.

use std::time::Duration;

use serde::Deserialize;

use super::SqsError;
use super::batch::{self, Outcome, Succeeded};
use super::queue::Queue;
use super::queues::State;
use crate::embedded::fault::Fault;
use crate::embedded::{Shared, lock};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    receipt_handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    receipt_handle: String,
    visibility_timeout: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SettleBatch {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    id: String,
    #[serde(default)]
    receipt_handle: String,
    visibility_timeout: Option<i64>,
}

pub(super) fn delete(shared: &Shared, input: &Delete) -> Result<(), SqsError> {
    let mut state = lock(&shared.sqs.0);
    let stale = state.stale_deletes;
    state.of_url(&input.queue_url)?.delete(&input.receipt_handle, stale)
}

pub(super) fn delete_batch(
    shared: &Shared,
    input: &SettleBatch,
    faults: &[Fault],
) -> Result<Outcome<Succeeded>, SqsError> {
    let mut state = lock(&shared.sqs.0);
    let stale = state.stale_deletes;
    each(&mut state, "DeleteMessageBatch", input, faults, |queue, entry| {
        queue.delete(&entry.receipt_handle, stale)
    })
}

pub(super) fn change(shared: &Shared, input: &Change) -> Result<(), SqsError> {
    let mut state = lock(&shared.sqs.0);
    let queue = state.of_url(&input.queue_url)?;
    let timeout = timeout(input.visibility_timeout)?;
    queue.change(&input.receipt_handle, timeout, shared.clock.now())
}

pub(super) fn change_batch(
    shared: &Shared,
    input: &SettleBatch,
    faults: &[Fault],
) -> Result<Outcome<Succeeded>, SqsError> {
    let now = shared.clock.now();
    let mut state = lock(&shared.sqs.0);
    each(&mut state, "ChangeMessageVisibilityBatch", input, faults, |queue, entry| {
        queue.change(&entry.receipt_handle, timeout(entry.visibility_timeout)?, now)
    })
}

fn each(
    state: &mut State,
    action: &str,
    input: &SettleBatch,
    faults: &[Fault],
    mut act: impl FnMut(&mut Queue, &Entry) -> Result<(), SqsError>,
) -> Result<Outcome<Succeeded>, SqsError> {
    let queue = state.of_url(&input.queue_url)?;
    batch::check(action, input.entries.iter().map(|entry| entry.id.as_str()))?;
    let entries = input.entries.iter().map(|entry| (entry.id.clone(), entry));
    Ok(batch::each(entries, faults, |id, entry| {
        act(queue, entry).map(|()| Succeeded { id: id.to_owned() })
    }))
}

fn timeout(seconds: Option<i64>) -> Result<Duration, SqsError> {
    let seconds = seconds.ok_or_else(|| SqsError::missing("VisibilityTimeout"))?;
    let valid = u64::try_from(seconds).ok().filter(|seconds| *seconds <= 43_200);
    let reason = "Must be between 0 and 43200, if provided.";
    valid
        .map(Duration::from_secs)
        .ok_or_else(|| SqsError::invalid("VisibilityTimeout", seconds, reason))
}

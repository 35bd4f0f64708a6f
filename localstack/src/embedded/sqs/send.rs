//! `SendMessage` and its batch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SqsError;
use super::batch::{self, Outcome};
use super::message::{self, Draft, MessageAttributes};
use super::queue::Queue;
use crate::embedded::fault::Fault;
use crate::embedded::{Shared, lock};

/// All messages of a batch together.
const BATCH_LIMIT: usize = 1_048_576;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Send {
    #[serde(default)]
    queue_url: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendBatch {
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
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: MessageAttributes,
    #[serde(default)]
    message_system_attributes: MessageAttributes,
}

/// The one system attribute that may be sent.
const TRACE: &str = "AWSTraceHeader";

#[derive(Debug, Serialize)]
pub(super) struct Sent {
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "MessageId")]
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_attributes: Option<String>,
}

pub(super) fn send(shared: &Shared, input: Send) -> Result<Sent, SqsError> {
    let mut state = lock(&shared.sqs.0);
    push(shared, state.of_url(&input.queue_url)?, input.entry)
}

pub(super) fn send_batch(
    shared: &Shared,
    input: SendBatch,
    faults: &[Fault],
) -> Result<Outcome<Sent>, SqsError> {
    let mut state = lock(&shared.sqs.0);
    let queue = state.of_url(&input.queue_url)?;
    batch::check("SendMessageBatch", input.entries.iter().map(|entry| entry.id.as_str()))?;
    let size = input
        .entries
        .iter()
        .map(|entry| message::size(&entry.message_body, &entry.message_attributes));
    if size.sum::<usize>() > BATCH_LIMIT {
        let message = format!("SendBatch requests cannot be longer than {BATCH_LIMIT} bytes.");
        return Err(SqsError::prefixed("BatchRequestTooLong", message));
    }
    let entries = input.entries.into_iter().map(|entry| (entry.id.clone(), entry));
    Ok(batch::each(entries, faults, |id, entry| {
        let sent = push(shared, queue, entry)?;
        Ok(Sent { id: Some(id.to_owned()), ..sent })
    }))
}

/// Puts a message from another service into the queue; false if there is no such queue.
pub(crate) fn deliver(shared: &Shared, name: &str, draft: Draft) -> bool {
    let mut state = lock(&shared.sqs.0);
    let Some(queue) = state.by_name.get_mut(name) else {
        return false;
    };
    let delay = queue.attributes.delay();
    queue.push(draft.into_message(&shared.ids, &shared.clock), shared.clock.now(), delay);
    true
}

fn push(shared: &Shared, queue: &mut Queue, entry: Entry) -> Result<Sent, SqsError> {
    if entry.message_body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    message::check_attributes(&entry.message_attributes)?;
    if message::size(&entry.message_body, &entry.message_attributes) > queue.attributes.max_size() {
        return Err(SqsError::too_long(queue.attributes.max_size()));
    }
    let allowed = |c: char| {
        c >= ' ' && !('\u{fffe}'..='\u{ffff}').contains(&c) || matches!(c, '\t' | '\n' | '\r')
    };
    if !entry.message_body.chars().all(allowed) {
        return Err(SqsError::invalid_contents());
    }
    let delay = match entry.delay_seconds {
        None => queue.attributes.delay(),
        Some(seconds) => {
            let valid = u64::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds <= 900)
                .map(Duration::from_secs);
            valid.ok_or_else(|| {
                SqsError::invalid("DelaySeconds", seconds, "DelaySeconds must be >= 0 and <= 900.")
            })?
        }
    };
    let mut system = entry.message_system_attributes;
    let trace_header = system.remove(TRACE).and_then(|attribute| attribute.string_value);
    if let Some(name) = system.keys().next() {
        return Err(SqsError::invalid_attribute_name(name));
    }
    let draft = Draft::of_account(entry.message_body, entry.message_attributes);
    let message = Draft { trace_header, ..draft }.into_message(&shared.ids, &shared.clock);
    let sent = Sent {
        id: None,
        message_id: message.id.clone(),
        md5: message.md5.clone(),
        md5_of_attributes: message.md5_of_attributes.clone(),
    };
    queue.push(message, shared.clock.now(), delay);
    Ok(sent)
}

//! `ReceiveMessage`, short and long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::futures::OwnedNotified;

use super::SqsError;
use super::message::{Message, MessageAttributes};
use crate::embedded::fault::Fault;
use crate::embedded::{Shared, ids, lock};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive {
    #[serde(default)]
    queue_url: String,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Received {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<One>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5: String,
    #[serde(serialize_with = "text")]
    body: Arc<str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: MessageAttributes,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_attributes: Option<String>,
}

/// What one look into the queue found.
enum Look {
    Found(Vec<(Message, String)>),
    Nothing(Nothing),
}

struct Nothing {
    /// Look again when the queue changes, or at this time.
    changed: OwnedNotified,
    next: Option<Instant>,
    /// So many are in flight that what is visible stays where it is.
    over_limit: bool,
    /// Held while waiting.
    _waiting: Arc<()>,
}

/// Messages are taken in the same step in which the answer is made: a client that goes away while
/// this waits takes none with it.
pub(super) async fn receive(
    shared: &Shared,
    input: Receive,
    faults: &[Fault],
) -> Result<Received, SqsError> {
    let max = in_range("MaxNumberOfMessages", input.max_number_of_messages.unwrap_or(1), 1, 10)?;
    let (wait, visibility) = {
        let mut state = lock(&shared.sqs.0);
        let attributes = &state.of_url(&input.queue_url)?.attributes;
        let wait = input.wait_time_seconds.unwrap_or_else(|| attributes.wait_seconds());
        let visibility =
            input.visibility_timeout.unwrap_or_else(|| attributes.visibility_seconds());
        (wait, visibility)
    };
    let wait = Duration::from_secs(in_range("WaitTimeSeconds", wait, 0, 20)?);
    let visibility = Duration::from_secs(in_range("VisibilityTimeout", visibility, 0, 43_200)?);
    let max = usize::try_from(max).unwrap_or(10);
    let deadline = shared.clock.now() + wait;
    loop {
        match look(shared, &input.queue_url, max, visibility)? {
            Look::Found(received) => {
                if faults.contains(&Fault::Duplicate) {
                    duplicate(shared, &input.queue_url, &received)?;
                }
                return Ok(render(&input, received));
            }
            // A long poll waits for room as it waits for messages.
            Look::Nothing(nothing) if nothing.over_limit && wait.is_zero() => {
                return Err(SqsError::over_limit());
            }
            Look::Nothing(Nothing { changed, next, .. }) => {
                let now = shared.clock.now();
                if now >= deadline {
                    return Ok(Received::default());
                }
                let until = next.map_or(deadline, |next| next.min(deadline));
                // A millisecond more: the timer is that coarse, and looking too early would only
                // look again.
                let pause = until.saturating_duration_since(now) + Duration::from_millis(1);
                let _ = tokio::time::timeout(pause, changed).await;
            }
        }
    }
}

fn look(shared: &Shared, url: &str, max: usize, visibility: Duration) -> Result<Look, SqsError> {
    let (now, now_millis) = (shared.clock.now(), shared.clock.unix_millis());
    let mut state = lock(&shared.sqs.0);
    let redrive = state.of_url(url)?.attributes.redrive().cloned();
    // Without its dead-letter queue a policy moves nothing.
    let redrive = redrive.filter(|redrive| state.by_name.contains_key(&redrive.queue));
    let queue = state.of_url(url)?;
    // Made before looking, so that no change after it is missed.
    let changed = queue.changed().notified_owned();
    let max_receives = redrive.as_ref().map(|redrive| redrive.max_receives);
    let taken = queue.take(max, visibility, max_receives, now, now_millis);
    let (next, waiting, source) = (queue.next_change(), queue.wait(), ids::queue_arn(&queue.name));
    let nothing = Nothing { changed, next, over_limit: taken.over_limit, _waiting: waiting };
    if let Some(grave) = redrive.and_then(|redrive| state.by_name.get_mut(&redrive.queue)) {
        for message in taken.dead {
            grave.bury(message, &source, now);
        }
    }
    Ok(if taken.received.is_empty() { Look::Nothing(nothing) } else { Look::Found(taken.received) })
}

fn duplicate(shared: &Shared, url: &str, received: &[(Message, String)]) -> Result<(), SqsError> {
    let mut state = lock(&shared.sqs.0);
    let queue = state.of_url(url)?;
    for (message, _) in received {
        let copy = Message { serial: shared.ids.serial(), ..message.clone() };
        queue.push(copy, shared.clock.now(), Duration::ZERO);
    }
    Ok(())
}

fn in_range(name: &str, value: i64, least: u64, greatest: u64) -> Result<u64, SqsError> {
    let valid = u64::try_from(value).ok().filter(|value| (least..=greatest).contains(value));
    let reason = format!("Must be between {least} and {greatest}, if provided.");
    valid.ok_or_else(|| SqsError::invalid(name, value, &reason))
}

fn render(input: &Receive, received: Vec<(Message, String)>) -> Received {
    let messages = received.into_iter().map(|(message, handle)| {
        let asked = |name: &str| {
            let names = input.attribute_names.iter().chain(&input.message_system_attribute_names);
            names.into_iter().any(|asked| asked == name || asked == "All")
        };
        let mut attributes = BTreeMap::new();
        let mut give = |name: &'static str, value: Option<String>| {
            if let Some(value) = value.filter(|_| asked(name)) {
                attributes.insert(name, value);
            }
        };
        give("SenderId", Some(message.sender.to_owned()));
        give("SentTimestamp", Some(message.sent_millis.to_string()));
        give("ApproximateReceiveCount", Some(message.receives.to_string()));
        give(
            "ApproximateFirstReceiveTimestamp",
            message.first_received_millis.map(|at| at.to_string()),
        );
        give("DeadLetterQueueSourceArn", message.dead_letter_source);
        give("AWSTraceHeader", message.trace_header);
        let mut given = message.attributes;
        given.retain(|name, _| {
            input.message_attribute_names.iter().any(|asked| matches(asked, name))
        });
        One {
            message_id: message.id,
            receipt_handle: handle,
            md5: message.md5,
            body: message.body,
            attributes,
            md5_of_attributes: message.md5_of_attributes.filter(|_| !given.is_empty()),
            message_attributes: given,
        }
    });
    Received { messages: messages.collect() }
}

/// `All`, `.*`, a name, or the start of one followed by `.*`.
fn matches(asked: &str, name: &str) -> bool {
    asked == "All"
        || asked == name
        || asked.strip_suffix(".*").is_some_and(|start| name.starts_with(start))
}

fn text<S: serde::Serializer>(body: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(body)
}

#[cfg(test)]
mod tests;

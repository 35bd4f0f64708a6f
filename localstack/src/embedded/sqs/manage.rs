//! Making, finding, changing and removing queues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SqsError;
use super::attributes::{self, Attributes};
use super::queue::Queue;
use crate::embedded::{Shared, ids, lock};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    #[serde(default)]
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(default)]
    queue_name_prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfQueue {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Url {
    queue_url: String,
}

fn url_of(shared: &Shared, name: &str) -> String {
    format!("{}/{}/{name}", shared.endpoint, ids::ACCOUNT)
}

/// Making the same queue again is no error.
pub(super) fn create(shared: &Shared, input: &Named) -> Result<Url, SqsError> {
    let name = input.queue_name.as_str();
    let plain =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if name.ends_with(".fifo") {
        return Err(SqsError::unsupported("A FIFO queue"));
    }
    if !plain || name.is_empty() || name.len() > 80 {
        let reason =
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
        return Err(SqsError::invalid("QueueName", name, reason));
    }
    let now_secs = shared.clock.unix_millis() / 1000;
    let mut state = lock(&shared.sqs.0);
    if let Some(queue) = state.by_name.get(name) {
        let mut asked = queue.attributes.clone();
        for (attribute, value) in &input.attributes {
            asked.set(attribute, value, |name| state.by_name.contains_key(name))?;
            if asked.texts().collect::<BTreeMap<_, _>>() != queue.attributes.texts().collect() {
                return Err(SqsError::queue_exists(attribute));
            }
        }
    } else {
        let mut attributes = Attributes::default();
        for (attribute, value) in &input.attributes {
            attributes.set(attribute, value, |name| state.by_name.contains_key(name))?;
        }
        let queue = Queue::new(name, shared.ids.opaque(), attributes, now_secs);
        state.by_name.insert(name.to_owned(), queue);
    }
    Ok(Url { queue_url: url_of(shared, name) })
}

pub(super) fn url(shared: &Shared, input: &Named) -> Result<Url, SqsError> {
    if shared.sqs.exists(&input.queue_name) {
        let queue_url = url_of(shared, &input.queue_name);
        return Ok(Url { queue_url });
    }
    Err(SqsError::no_queue())
}

pub(super) fn list(shared: &Shared, input: &List) -> Value {
    let state = lock(&shared.sqs.0);
    let names = state.by_name.keys().filter(|name| name.starts_with(&input.queue_name_prefix));
    let urls: Vec<_> = names.map(|name| url_of(shared, name)).collect();
    json!({ "QueueUrls": urls })
}

pub(super) fn dead_letter_sources(shared: &Shared, input: &OfQueue) -> Result<Value, SqsError> {
    let mut state = lock(&shared.sqs.0);
    let target = state.of_url(&input.queue_url)?.name.clone();
    let sources = state.by_name.values().filter(|queue| {
        let redrive = queue.attributes.redrive();
        redrive.is_some_and(|redrive| redrive.queue == target)
    });
    let urls: Vec<_> = sources.map(|queue| url_of(shared, &queue.name)).collect();
    Ok(json!({ "queueUrls": urls }))
}

pub(super) fn attributes(shared: &Shared, input: &OfQueue) -> Result<Value, SqsError> {
    let mut state = lock(&shared.sqs.0);
    let queue = state.of_url(&input.queue_url)?;
    if let Some(unknown) = input.attribute_names.iter().find(|name| !attributes::is_readable(name))
    {
        return Err(SqsError::invalid_attribute_name(unknown));
    }
    let [visible, in_flight, delayed] = queue.counts(shared.clock.now());
    let mut all: BTreeMap<&str, String> = queue.attributes.texts().collect();
    all.insert("ApproximateNumberOfMessages", visible.to_string());
    all.insert("ApproximateNumberOfMessagesNotVisible", in_flight.to_string());
    all.insert("ApproximateNumberOfMessagesDelayed", delayed.to_string());
    all.insert("CreatedTimestamp", queue.created_secs.to_string());
    all.insert("LastModifiedTimestamp", queue.modified_secs.to_string());
    all.insert("QueueArn", ids::queue_arn(&queue.name));
    all.retain(|name, _| input.attribute_names.iter().any(|asked| asked == "All" || asked == name));
    Ok(if all.is_empty() { json!({}) } else { json!({ "Attributes": all }) })
}

pub(super) fn set_attributes(shared: &Shared, input: &OfQueue) -> Result<(), SqsError> {
    let now_secs = shared.clock.unix_millis() / 1000;
    let mut state = lock(&shared.sqs.0);
    let mut changed = state.of_url(&input.queue_url)?.attributes.clone();
    for (name, value) in &input.attributes {
        changed.set(name, value, |name| state.by_name.contains_key(name))?;
    }
    let queue = state.of_url(&input.queue_url)?;
    queue.attributes = changed;
    queue.modified_secs = now_secs;
    Ok(())
}

pub(super) fn delete(shared: &Shared, input: &OfQueue) -> Result<(), SqsError> {
    let mut state = lock(&shared.sqs.0);
    let name = {
        let queue = state.of_url(&input.queue_url)?;
        queue.wake();
        queue.name.clone()
    };
    state.by_name.remove(&name);
    Ok(())
}

pub(super) fn purge(shared: &Shared, input: &OfQueue) -> Result<(), SqsError> {
    lock(&shared.sqs.0).of_url(&input.queue_url)?.purge();
    Ok(())
}

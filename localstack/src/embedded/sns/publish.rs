//! From a topic to the queues that listen to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::filter;
use super::subscription::Settings;
use super::topic::Topic;
use crate::embedded::clock::iso8601;
use crate::embedded::query::{Form, QueryError, element};
use crate::embedded::sqs::{Draft, MessageAttribute, MessageAttributes};
use crate::embedded::{Shared, ids, lock, sqs};

/// Characters of the longest subject.
const SUBJECT: usize = 100;

/// Something to tell the subscribers of a topic.
#[derive(Debug)]
pub(crate) struct Notice<'a> {
    pub(crate) subject: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) attributes: MessageAttributes,
}

pub(super) fn publish(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let topic_arn = match form.optional("TopicArn") {
        Some(arn) => arn,
        None => form.required("TargetArn")?,
    };
    let limit = max_size(shared, topic_arn)?;
    let notice = Notice::read(form)?;
    if notice.size() > limit {
        return Err(QueryError::invalid("Invalid parameter: Message too long"));
    }
    let id = deliver(shared, topic_arn, &notice).ok_or_else(|| QueryError::not_found("Topic"))?;
    let mut xml = String::new();
    element(&mut xml, "MessageId", &id);
    Ok(xml)
}

/// How large a message to the topic, or a batch of them, may be.
pub(super) fn max_size(shared: &Shared, topic_arn: &str) -> Result<usize, QueryError> {
    let topics = lock(&shared.sns.0);
    topics.get(topic_arn).map(Topic::max_size).ok_or_else(|| QueryError::not_found("Topic"))
}

impl<'a> Notice<'a> {
    /// What a request, or an entry of a batch, wants told.
    pub(super) fn read(form: &'a Form) -> Result<Self, QueryError> {
        let (subject, message) = (form.optional("Subject"), form.required("Message")?);
        if message.is_empty() {
            return Err(QueryError::invalid("Invalid parameter: Empty message"));
        }
        if subject.is_some_and(|subject| {
            subject.is_empty() || subject.len() > SUBJECT || subject.contains(char::is_control)
        }) {
            return Err(QueryError::invalid("Invalid parameter: Subject"));
        }
        let mut attributes = BTreeMap::new();
        for entry in form.entries("MessageAttributes") {
            let text = |field: &str| entry.get(field).map(|text| (*text).to_owned());
            let attribute = MessageAttribute {
                data_type: text("Value.DataType").unwrap_or_default(),
                string_value: text("Value.StringValue"),
                binary_value: text("Value.BinaryValue"),
            };
            attributes.insert(text("Name").unwrap_or_default(), attribute);
        }
        Ok(Self { subject, message, attributes })
    }

    /// Bytes that count against the limit of the topic.
    pub(super) fn size(&self) -> usize {
        sqs::size(self.message, &self.attributes)
    }
}

/// Puts the notice into every queue that wants it; `None` if there is no such topic.
pub(crate) fn deliver(shared: &Shared, topic_arn: &str, notice: &Notice<'_>) -> Option<String> {
    let id = shared.ids.uuid();
    // A copy, so that no two locks are held at once.
    let subscriptions = lock(&shared.sns.0).get(topic_arn)?.subscriptions.clone();
    let timestamp = iso8601(shared.clock.wall());
    for subscription in subscriptions {
        if !wanted(&subscription.settings, notice) {
            continue;
        }
        let Some(queue) = ids::queue_of_arn(&subscription.endpoint) else {
            continue;
        };
        let draft = if subscription.settings.raw {
            Draft {
                attributes: notice.attributes.clone(),
                ..Draft::of_service(Arc::from(notice.message))
            }
        } else {
            let unsubscribe = format!(
                "{}/?Action=Unsubscribe&SubscriptionArn={}",
                shared.endpoint, subscription.arn
            );
            Draft::of_service(envelope(&id, topic_arn, notice, &timestamp, &unsubscribe).into())
        };
        sqs::deliver(shared, queue, draft);
    }
    Some(id)
}

fn envelope(
    id: &str,
    topic_arn: &str,
    notice: &Notice<'_>,
    timestamp: &str,
    unsubscribe: &str,
) -> String {
    let mut envelope = json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic_arn,
        "Message": notice.message,
        "Timestamp": timestamp,
        "SignatureVersion": "1",
        "Signature": "RU1CRURERUQ=",
        "SigningCertURL":
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-embedded.pem",
        "UnsubscribeURL": unsubscribe,
    });
    if let Some(subject) = notice.subject {
        envelope["Subject"] = subject.into();
    }
    if !notice.attributes.is_empty() {
        let attributes = notice.attributes.iter().map(|(name, attribute)| {
            let value = attribute.string_value.as_ref().or(attribute.binary_value.as_ref());
            (name.clone(), json!({ "Type": attribute.data_type, "Value": value }))
        });
        envelope["MessageAttributes"] = Value::Object(attributes.collect());
    }
    envelope.to_string()
}

fn wanted(settings: &Settings, notice: &Notice<'_>) -> bool {
    let Some(policy) = &settings.filter else {
        return true;
    };
    if settings.filter_on_body {
        return serde_json::from_str(notice.message)
            .is_ok_and(|body| filter::matches(policy, &body));
    }
    let attributes: Map<String, Value> = notice
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), value_of(attribute)))
        .collect();
    filter::matches(policy, &Value::Object(attributes))
}

fn value_of(attribute: &MessageAttribute) -> Value {
    let text = attribute.string_value.as_deref().unwrap_or("");
    match attribute.data_type.as_str() {
        "Number" | "String.Array" => serde_json::from_str(text).unwrap_or(Value::Null),
        _ => text.into(),
    }
}

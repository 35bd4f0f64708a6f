//! Subscriptions of queues to topics.

use super::subscription::{Settings, Subscription};
use crate::embedded::query::{Form, QueryError, element, map};
use crate::embedded::{Shared, ids, lock};

/// The same queue twice is one subscription, unless its attributes differ.
pub(super) fn subscribe(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let topic_arn = form.required("TopicArn")?;
    let endpoint = form.required("Endpoint")?;
    if form.required("Protocol")? != "sqs" {
        return Err(QueryError::invalid(
            "Invalid parameter: Protocol: the embedded AWS only delivers to sqs",
        ));
    }
    if ids::queue_of_arn(endpoint).is_none() {
        return Err(QueryError::invalid("Invalid parameter: SQS endpoint ARN"));
    }
    let mut settings = Settings::default();
    for entry in form.entries("Attributes") {
        settings.set(entry.get("key").unwrap_or(&""), entry.get("value").unwrap_or(&""))?;
    }
    let mut topics = lock(&shared.sns.0);
    let topic = topics.get_mut(topic_arn).ok_or_else(|| QueryError::not_found("Topic"))?;
    let same = topic.subscriptions.iter().find(|other| other.endpoint == endpoint);
    let arn = match same {
        Some(other) if settings.texts.is_empty() || other.settings.texts == settings.texts => {
            other.arn.clone()
        }
        Some(_) => {
            let message = "Invalid parameter: Attributes Reason: Subscription already exists with \
                           different attributes";
            return Err(QueryError::invalid(message));
        }
        None => {
            let arn = format!("{topic_arn}:{}", shared.ids.uuid());
            topic.subscriptions.push(Subscription {
                arn: arn.clone(),
                endpoint: endpoint.to_owned(),
                settings,
            });
            arn
        }
    };
    let mut xml = String::new();
    element(&mut xml, "SubscriptionArn", &arn);
    Ok(xml)
}

pub(super) fn unsubscribe(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let arn = form.required("SubscriptionArn")?;
    for topic in lock(&shared.sns.0).values_mut() {
        topic.subscriptions.retain(|subscription| subscription.arn != arn);
    }
    Ok(String::new())
}

pub(super) fn list(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let topic_arn = form.required("TopicArn")?;
    let topics = lock(&shared.sns.0);
    let topic = topics.get(topic_arn).ok_or_else(|| QueryError::not_found("Topic"))?;
    let mut xml = "<Subscriptions>".to_owned();
    for subscription in &topic.subscriptions {
        xml.push_str("<member>");
        element(&mut xml, "SubscriptionArn", &subscription.arn);
        element(&mut xml, "Owner", ids::ACCOUNT);
        element(&mut xml, "Protocol", "sqs");
        element(&mut xml, "Endpoint", &subscription.endpoint);
        element(&mut xml, "TopicArn", topic_arn);
        xml.push_str("</member>");
    }
    Ok(xml + "</Subscriptions>")
}

pub(super) fn attributes(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let arn = form.required("SubscriptionArn")?;
    with(shared, arn, |topic_arn, subscription| {
        let texts = &subscription.settings.texts;
        let computed = [
            ("SubscriptionArn", arn),
            ("TopicArn", topic_arn),
            ("Owner", ids::ACCOUNT),
            ("Protocol", "sqs"),
            ("Endpoint", &subscription.endpoint),
            ("PendingConfirmation", "false"),
        ];
        let raw =
            (!texts.contains_key("RawMessageDelivery")).then_some(("RawMessageDelivery", "false"));
        let set = texts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut xml = String::new();
        map(&mut xml, "Attributes", computed.into_iter().chain(raw).chain(set));
        Ok(xml)
    })
}

pub(super) fn set_attribute(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let (arn, name) = (form.required("SubscriptionArn")?, form.required("AttributeName")?);
    let value = form.optional("AttributeValue").unwrap_or("");
    with(shared, arn, |_, subscription| {
        subscription.settings.set(name, value)?;
        Ok(String::new())
    })
}

fn with<T>(
    shared: &Shared,
    arn: &str,
    act: impl FnOnce(&str, &mut Subscription) -> Result<T, QueryError>,
) -> Result<T, QueryError> {
    let mut topics = lock(&shared.sns.0);
    for (topic_arn, topic) in topics.iter_mut() {
        if let Some(subscription) = topic.subscriptions.iter_mut().find(|one| one.arn == arn) {
            return act(topic_arn, subscription);
        }
    }
    Err(QueryError::not_found("Subscription"))
}

//! SNS: topics whose subscribers are queues; delivery is immediate.

mod batch;
mod filter;
mod publish;
mod subscribe;
mod subscription;
mod topic;

pub use filter::matches as filter_matches;
pub(crate) use publish::{Notice, deliver};
pub(crate) use topic::Topics;

use crate::embedded::fault::Fault;
use crate::embedded::query::{Form, QueryError, element, map};
use crate::embedded::{Shared, ids, lock};

/// Carries out one action; the answer is what goes between the tags of its result.
pub(crate) fn handle(shared: &Shared, form: &Form, faults: &[Fault]) -> Result<String, QueryError> {
    match form.action() {
        "CreateTopic" => create(shared, form),
        "DeleteTopic" => {
            lock(&shared.sns.0).remove(form.required("TopicArn")?);
            Ok(String::new())
        }
        "ListTopics" => Ok(list(shared)),
        "GetTopicAttributes" => attributes(shared, form),
        "SetTopicAttributes" => set_attribute(shared, form),
        "Publish" => publish::publish(shared, form),
        "PublishBatch" => batch::publish(shared, form, faults),
        "Subscribe" => subscribe::subscribe(shared, form),
        "Unsubscribe" => subscribe::unsubscribe(shared, form),
        "ListSubscriptionsByTopic" => subscribe::list(shared, form),
        "GetSubscriptionAttributes" => subscribe::attributes(shared, form),
        "SetSubscriptionAttributes" => subscribe::set_attribute(shared, form),
        action => {
            let message = format!("{action} is not part of the embedded AWS");
            Err(QueryError::new(400, "InvalidAction", message))
        }
    }
}

/// Making the same topic again is no error.
fn create(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let name = form.required("Name")?;
    let plain =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !plain || name.is_empty() || name.len() > 256 {
        return Err(QueryError::invalid("Invalid parameter: Topic Name"));
    }
    let arn = ids::topic_arn(name);
    let mut topics = lock(&shared.sns.0);
    let topic = topics.entry(arn.clone()).or_default();
    for entry in form.entries("Attributes") {
        if let (Some(name), Some(value)) = (entry.get("key"), entry.get("value")) {
            topic.set(name, value)?;
        }
    }
    let mut xml = String::new();
    element(&mut xml, "TopicArn", &arn);
    Ok(xml)
}

fn list(shared: &Shared) -> String {
    let mut xml = "<Topics>".to_owned();
    for arn in lock(&shared.sns.0).keys() {
        xml.push_str("<member>");
        element(&mut xml, "TopicArn", arn);
        xml.push_str("</member>");
    }
    xml + "</Topics>"
}

fn attributes(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let arn = form.required("TopicArn")?;
    let topics = lock(&shared.sns.0);
    let topic = topics.get(arn).ok_or_else(|| QueryError::not_found("Topic"))?;
    let confirmed = topic.subscriptions.len().to_string();
    let computed = [
        ("TopicArn", arn),
        ("Owner", ids::ACCOUNT),
        ("SubscriptionsConfirmed", &confirmed),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "0"),
    ];
    let set = topic.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut xml = String::new();
    map(&mut xml, "Attributes", computed.into_iter().chain(set));
    Ok(xml)
}

fn set_attribute(shared: &Shared, form: &Form) -> Result<String, QueryError> {
    let mut topics = lock(&shared.sns.0);
    let topic =
        topics.get_mut(form.required("TopicArn")?).ok_or_else(|| QueryError::not_found("Topic"))?;
    let value = form.optional("AttributeValue").unwrap_or("");
    topic.set(form.required("AttributeName")?, value)?;
    Ok(String::new())
}

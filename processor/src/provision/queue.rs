//! Queues, their dead-letter queues, and who may write to them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use serde_json::{Value, json};

use super::location::Location;
use super::plan::QueuePlan;
use super::provisioned::QueueAddress;
use super::{ProvisionError, policy};

/// The longest that SQS keeps a message: 14 days.
const LONGEST_RETENTION: &str = "1209600";
/// How long it does unless told otherwise: 4 days.
const USUAL_RETENTION: u64 = 345_600;

/// A new queue can be used after a second; see `CreateQueue` in the Amazon SQS API Reference.
const APPEARANCE_PAUSE: Duration = Duration::from_secs(1);
const APPEARANCE_TRIES: u32 = 10;

type Attributes = HashMap<Attribute, String>;

/// A queue that exists, with its attributes as they were read.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) arn: String,
    attributes: Attributes,
}

impl Queue {
    pub(super) fn address(self) -> QueueAddress {
        QueueAddress { name: self.name, url: self.url, arn: self.arn }
    }

    /// How long it keeps a message, in seconds.
    fn retention(&self) -> Option<u64> {
        self.attribute(&Attribute::MessageRetentionPeriod)?.parse().ok()
    }

    fn attribute(&self, name: &Attribute) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Makes sure of a queue that the topic may write to, and of its dead-letter queue; gives both in
/// this order.
///
/// A queue is created with its policy. One that is set later may take a minute to hold everywhere,
/// and what SNS is not allowed to write it does not try again.
pub(super) async fn ensure_pair(
    sqs: &aws_sdk_sqs::Client,
    plan: &QueuePlan,
    topic: &str,
    changes: &mut Vec<String>,
) -> Result<(Queue, Queue), ProvisionError> {
    let existing = find(sqs, &plan.name).await?;
    let redrive = existing.as_ref().map(Redrive::of).transpose()?.flatten();
    if let Some(redrive) = &redrive
        && redrive.target.rsplit(':').next() != Some(plan.dead_letter.as_str())
    {
        return Err(ProvisionError::conflict(format!(
            "the queue `{}` has the dead-letter queue `{}` already; name that one as the \
             dead-letter queue, or remove the redrive policy of the queue",
            plan.name, redrive.target
        )));
    }
    let dead_letter = match find(sqs, &plan.dead_letter).await? {
        Some(queue) => {
            let kept = existing.as_ref().and_then(Queue::retention);
            let kept = plan.retention_seconds.or(kept).unwrap_or(USUAL_RETENTION);
            if let Some(attributes) = kept_longer(&queue, kept) {
                set(sqs, &queue, attributes, changes).await?;
            }
            queue
        }
        None => {
            let attributes =
                [(Attribute::MessageRetentionPeriod, LONGEST_RETENTION.to_owned())].into();
            create(sqs, &plan.dead_letter, attributes, changes).await?
        }
    };
    let mut wanted = Attributes::new();
    let location = Location::of_queue(&dead_letter.arn)?;
    let statement =
        policy::topic_may_send(topic, &location.topic_arn(topic), &location.queue_arn(&plan.name));
    let policy = existing.as_ref().and_then(|queue| queue.attribute(&Attribute::Policy));
    if let Some(policy) =
        policy::with_statement(policy, statement, &format!("the queue `{}`", plan.name))?
    {
        wanted.insert(Attribute::Policy, policy);
    }
    let max_receives = plan.max_receives(redrive.as_ref().map(|redrive| redrive.max_receives));
    if redrive != Some(Redrive { target: dead_letter.arn.clone(), max_receives }) {
        let policy =
            json!({"deadLetterTargetArn": dead_letter.arn, "maxReceiveCount": max_receives});
        wanted.insert(Attribute::RedrivePolicy, policy.to_string());
    }
    for (name, seconds) in [
        (Attribute::VisibilityTimeout, plan.visibility_seconds),
        (Attribute::MessageRetentionPeriod, plan.retention_seconds),
    ] {
        let Some(seconds) = seconds else { continue };
        wanted.insert(name, seconds.to_string());
    }
    let queue = match existing {
        Some(queue) => {
            wanted.retain(|name, value| queue.attribute(name) != Some(value));
            set(sqs, &queue, wanted, changes).await?;
            queue
        }
        None => create(sqs, &plan.name, wanted, changes).await?,
    };
    Ok((queue, dead_letter))
}

/// What makes a dead-letter queue keep messages longer than the queue that they come from, which
/// keeps them for so many seconds. Their age counts from when they were first sent: they would be
/// lost there at once, or soon.
fn kept_longer(dead_letter: &Queue, seconds: u64) -> Option<Attributes> {
    let longest: u64 = LONGEST_RETENTION.parse().ok()?;
    let kept = dead_letter.retention().unwrap_or(USUAL_RETENTION);
    let is_long_enough = kept > seconds || kept >= longest;
    (!is_long_enough)
        .then(|| [(Attribute::MessageRetentionPeriod, LONGEST_RETENTION.to_owned())].into())
}

/// The redrive policy of a queue.
#[derive(Debug, PartialEq, Eq)]
struct Redrive {
    target: String,
    max_receives: u64,
}

impl Redrive {
    fn of(queue: &Queue) -> Result<Option<Self>, ProvisionError> {
        let text = queue.attribute(&Attribute::RedrivePolicy).filter(|text| !text.is_empty());
        text.map(|text| {
            Self::parse(text).ok_or_else(|| {
                let name = &queue.name;
                ProvisionError::conflict(format!(
                    "the redrive policy of the queue `{name}` cannot be read; remove it"
                ))
            })
        })
        .transpose()
    }

    /// The number is a string where it was written as one.
    fn parse(text: &str) -> Option<Self> {
        let policy: Value = serde_json::from_str(text).ok()?;
        let target = policy["deadLetterTargetArn"].as_str()?.to_owned();
        let count = &policy["maxReceiveCount"];
        let max_receives = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
        Some(Self { target, max_receives })
    }
}

async fn find(sqs: &aws_sdk_sqs::Client, name: &str) -> Result<Option<Queue>, ProvisionError> {
    match sqs.get_queue_url().queue_name(name).send().await {
        Ok(found) => {
            let url = found.queue_url.ok_or_else(|| no_answer(name))?;
            let read = read(sqs, name, &url).await?;
            read.map(Some).ok_or_else(|| deleted(name))
        }
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(ProvisionError::request(format_args!("look for the queue `{name}`"), error))
        }
    }
}

async fn create(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    attributes: Attributes,
    changes: &mut Vec<String>,
) -> Result<Queue, ProvisionError> {
    let request = sqs.create_queue().queue_name(name).set_attributes(Some(attributes));
    let created = request.send().await.map_err(|error| {
        ProvisionError::request(format_args!("create the queue `{name}`"), error)
    })?;
    changes.push(format!("created the queue `{name}`"));
    let url = created.queue_url.ok_or_else(|| no_answer(name))?;
    for _ in 0..APPEARANCE_TRIES {
        if let Some(queue) = read(sqs, name, &url).await? {
            return Ok(queue);
        }
        tokio::time::sleep(APPEARANCE_PAUSE).await;
    }
    Err(deleted(name))
}

/// The queue at `url`, or none if there is none.
async fn read(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    url: &str,
) -> Result<Option<Queue>, ProvisionError> {
    let request = sqs.get_queue_attributes().queue_url(url).attribute_names(Attribute::All);
    let attributes = match request.send().await {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(ProvisionError::request(
                format_args!("read the attributes of the queue `{name}`"),
                error,
            ));
        }
    };
    let arn = attributes.get(&Attribute::QueueArn).cloned().ok_or_else(|| no_answer(name))?;
    Ok(Some(Queue { name: name.to_owned(), url: url.to_owned(), arn, attributes }))
}

async fn set(
    sqs: &aws_sdk_sqs::Client,
    queue: &Queue,
    attributes: Attributes,
    changes: &mut Vec<String>,
) -> Result<(), ProvisionError> {
    if attributes.is_empty() {
        return Ok(());
    }
    let mut names: Vec<&str> = attributes.keys().map(Attribute::as_str).collect();
    names.sort_unstable();
    let what = format!("{} of the queue `{}`", names.join(", "), queue.name);
    let request = sqs.set_queue_attributes().queue_url(&queue.url).set_attributes(Some(attributes));
    request
        .send()
        .await
        .map_err(|error| ProvisionError::request(format_args!("set {what}"), error))?;
    changes.push(format!("set {what}"));
    Ok(())
}

fn deleted(name: &str) -> ProvisionError {
    ProvisionError::conflict(format!(
        "the queue `{name}` vanished meanwhile; run it again when nobody deletes it"
    ))
}

fn no_answer(name: &str) -> ProvisionError {
    ProvisionError::unexpected(format!(
        "SQS gave no address for the queue `{name}`; check the endpoint"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_queue_keeps_messages_longer_than_its_queue() {
        let queue = |seconds: &str| Queue {
            name: "q-dlq".into(),
            url: String::new(),
            arn: String::new(),
            attributes: [(Attribute::MessageRetentionPeriod, seconds.to_owned())].into(),
        };
        let set = |dead_letter: &str, queue_keeps| kept_longer(&queue(dead_letter), queue_keeps);
        assert!(set("345600", 345_600).is_some(), "as long is too short");
        assert!(set("60", 345_600).is_some());
        assert!(set("345600", 60).is_none());
        assert!(set("1209600", 1_209_600).is_none(), "there is no more");
        assert_eq!(set("60", 120).unwrap()[&Attribute::MessageRetentionPeriod], LONGEST_RETENTION);
    }

    #[test]
    fn redrive_policies_in_both_spellings() {
        let target = "arn:aws:sqs:r:1:d";
        for count in ["7", "\"7\""] {
            let text = format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":{count}}}"#);
            assert_eq!(
                Redrive::parse(&text),
                Some(Redrive { target: target.to_owned(), max_receives: 7 })
            );
        }
        assert_eq!(Redrive::parse("{}"), None);
    }
}

use super::{
    look::Look,
    policy::{Caller, Policy, Verdict},
    queue::{self, Queue, S3, SNS},
    report::{Finding, Report},
};
use crate::aws;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

const PUBLISH: &str = "SNS:Publish";
/// The key of SNS's own, which other services may not use.
const OWN_KEY: &str = "alias/aws/sns";
/// So many subscriptions of the account are looked through for one of the queue.
const PAGES: usize = 20;

/// A topic that sends to the queue, or should.
pub(super) struct Topic {
    pub(super) arn: String,
    attributes: HashMap<String, String>,
    /// What the subscription of the queue lets through of a message's body.
    pub(super) filter: Option<Value>,
}

/// Looks at the topics that the queue's policy names, and those that it subscribes to.
pub(super) async fn look(look: &Look<'_>, queue: &Queue, report: &mut Report) -> Vec<Topic> {
    let mut arns = queue.topics();
    arns.extend(subscribed(look, &queue.arn).await);
    if arns.is_empty() && queue.hears_topics() {
        report.add(
            Finding::note(format!("queue {}: which topic sends to it is not known", queue.name()))
                .so(
                    "no topic and no subscription was looked at",
                    "allow sns:ListSubscriptions, or name the topic in the queue's policy",
                ),
        );
    } else if arns.is_empty() && queue.buckets().is_empty() && !queue.hears_event_bridge() {
        report.add(
            Finding::wrong(format!("queue {}: its policy lets no topic send to it", queue.name()))
                .so(
                    "no notification arrives, and nobody is told",
                    "allow SQS:SendMessage to sns.amazonaws.com, with the topic as aws:SourceArn; \
                     `pipeline provision` does",
                ),
        );
    }
    let mut topics = Vec::new();
    for arn in arns {
        topics.extend(one(look, arn, queue, report).await);
    }
    topics
}

/// The topics that have a subscription of the queue, where these may be listed.
async fn subscribed(look: &Look<'_>, queue: &str) -> BTreeSet<String> {
    let mut pages = look.sns.list_subscriptions().into_paginator().send();
    let mut arns = BTreeSet::new();
    for _ in 0..PAGES {
        let Some(Ok(page)) = pages.next().await else { break };
        let of_queue = page.subscriptions().iter().filter(|one| one.endpoint() == Some(queue));
        arns.extend(of_queue.filter_map(|one| one.topic_arn().map(str::to_owned)));
    }
    arns
}

async fn one(look: &Look<'_>, arn: String, queue: &Queue, report: &mut Report) -> Option<Topic> {
    report.extend(queue.refuses(SNS, &arn));
    let answer = look.sns.get_topic_attributes().topic_arn(&arn).send().await;
    let attributes = match answer {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found_exception()) => {
            report.add(Finding::wrong(format!("topic {arn} does not exist")).so(
                "no notification comes from it",
                "make it, or take it out of the queue's policy",
            ));
            return None;
        }
        Err(error) => {
            let refused = aws::refused(&format!("read the attributes of topic {arn}"), &error);
            report.add(Finding::note(refused.to_string()).so(
                "the topic was not looked at",
                "allow sns:GetTopicAttributes, sns:ListSubscriptionsByTopic and \
                 sns:GetSubscriptionAttributes on it",
            ));
            return None;
        }
    };
    let mut topic = Topic { arn, attributes, filter: None };
    report.extend(topic.findings());
    match subscription(look, &topic.arn, &queue.arn).await {
        Ok(Some(attributes)) => {
            topic.filter = body_filter(&attributes);
            report.extend(of_subscription(&topic.arn, &attributes));
        }
        Ok(None) => report.add(
            Finding::wrong(format!("topic {}: queue {} is no subscriber", topic.arn, queue.name()))
                .so(
                    "no notification comes from it",
                    format!("subscribe {} to it (protocol sqs)", queue.arn),
                ),
        ),
        Err(refused) => report.add(Finding::note(refused).so(
            "the subscription was not looked at",
            "allow sns:ListSubscriptionsByTopic and sns:GetSubscriptionAttributes",
        )),
    }
    Some(topic)
}

/// The attributes of the queue's subscription; with one entry, if it waits for a confirmation.
async fn subscription(
    look: &Look<'_>,
    topic: &str,
    queue: &str,
) -> Result<Option<HashMap<String, String>>, String> {
    let mut pages = look.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let doing = format!("list the subscriptions of topic {topic}");
        let page = page.map_err(|error| aws::refused(&doing, &error).to_string())?;
        let mut of_queue = page
            .subscriptions()
            .iter()
            .filter(|one| one.endpoint() == Some(queue) && one.protocol() == Some("sqs"));
        let Some(arn) = of_queue.next().and_then(|one| one.subscription_arn()) else { continue };
        if !arn.starts_with("arn:") {
            return Ok(Some([(PENDING.to_owned(), "true".to_owned())].into()));
        }
        let answer = look.sns.get_subscription_attributes().subscription_arn(arn).send().await;
        let doing = format!("read the attributes of subscription {arn}");
        let answer = answer.map_err(|error| aws::refused(&doing, &error).to_string())?;
        return Ok(Some(answer.attributes.unwrap_or_default()));
    }
    Ok(None)
}

const PENDING: &str = "PendingConfirmation";

fn body_filter(attributes: &HashMap<String, String>) -> Option<Value> {
    let of_body = attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
    let policy = attributes.get("FilterPolicy").filter(|_| of_body)?;
    serde_json::from_str(policy).ok()
}

fn of_subscription(topic: &str, attributes: &HashMap<String, String>) -> Vec<Finding> {
    let text = |name| attributes.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let mut found = Vec::new();
    if text(PENDING) == Some("true") {
        found.push(
            Finding::wrong(format!("topic {topic}: the queue's subscription is not confirmed")).so(
                "no notification comes from it",
                "confirm it with the token in the message that SNS sent to the queue, or \
                 subscribe again from the account of the queue",
            ),
        );
        return found;
    }
    let raw = match text("RawMessageDelivery") {
        Some("true") => "raw",
        _ => "in SNS's envelope",
    };
    found.push(Finding::ok(format!("topic {topic}: the queue is subscribed, {raw}")));
    let policy = text("FilterPolicy").filter(|policy| *policy != "{}");
    if let Some(policy) = policy.filter(|_| text("FilterPolicyScope") != Some("MessageBody")) {
        found.push(
            Finding::wrong(format!(
                "topic {topic}: the subscription's filter looks at attributes: {policy}"
            ))
            .so(
                "S3 sends none, so that nothing is let through",
                "set FilterPolicyScope to MessageBody, or take the filter away",
            ),
        );
    }
    if text("RedrivePolicy").is_none() {
        found.push(
            Finding::note(format!("topic {topic}: the subscription has no dead-letter queue")).so(
                "what SNS cannot deliver (the queue's policy or key changed) is lost after 23 days",
                "give the subscription a redrive policy of its own",
            ),
        );
    }
    found
}

impl Topic {
    fn policy(&self) -> Policy {
        Policy::parse(self.attributes.get("Policy").map(String::as_str))
    }

    /// The buckets that may publish to it.
    pub(super) fn buckets(&self) -> BTreeSet<String> {
        queue::buckets(&self.policy())
    }

    /// Whether this bucket may publish to it, if that is not so.
    pub(super) fn refuses(&self, bucket: &str) -> Option<Finding> {
        let source = format!("arn:aws:s3:::{bucket}");
        let caller = Caller { service: S3, action: PUBLISH, source: &source, account: None };
        let what = match self.policy().verdict(caller) {
            // The account of a bucket is not known here.
            Verdict::Allowed | Verdict::Unsure => return None,
            Verdict::Denied => "denies",
            Verdict::NotAllowed => "does not allow",
        };
        Some(
            Finding::wrong(format!(
                "topic {}: its policy {what} that bucket {bucket} publishes to it",
                self.arn
            ))
            .so(
                "no object is announced",
                format!("allow {PUBLISH} to the principal {S3}, with aws:SourceArn {source}"),
            ),
        )
    }

    fn findings(&self) -> Vec<Finding> {
        let arn = &self.arn;
        let text = |name| self.attributes.get(name).map(String::as_str);
        let mut found = Vec::new();
        if text("FifoTopic") == Some("true") {
            found.push(
                Finding::wrong(format!("topic {arn} is a FIFO topic"))
                    .so("S3 cannot publish to one", "make a standard topic"),
            );
        }
        found.extend(text("KmsMasterKeyId").filter(|key| !key.is_empty()).map(|key| {
            if key.ends_with(OWN_KEY) {
                return Finding::wrong(format!("topic {arn} is encrypted with {OWN_KEY}")).so(
                    "S3 may not use that key: no object is announced",
                    "use a key of your own whose policy lets s3.amazonaws.com use it, or none",
                );
            }
            Finding::note(format!("topic {arn} is encrypted with the key {key}")).so(
                "objects are announced only if the key's policy allows it, which was not looked at",
                "allow kms:GenerateDataKey and kms:Decrypt to s3.amazonaws.com",
            )
        }));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no local server plays.
    #[test]
    fn a_subscription_that_is_not_confirmed_is_found() {
        let pending = [(PENDING.to_owned(), "true".to_owned())].into();
        let found = format!("{:?}", of_subscription("arn:aws:sns:a:1:t", &pending));
        assert!(found.contains("is not confirmed"), "{found}");
    }
}

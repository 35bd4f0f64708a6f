//! What leads from the topic to a queue.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::plan::Plan;
use super::queue::Queue;
use super::{FilterScope, ProvisionError};

const RAW: &str = "RawMessageDelivery";
const SCOPE: &str = "FilterPolicyScope";
const POLICY: &str = "FilterPolicy";

/// Makes sure that the queue is subscribed as planned; gives the subscription's ARN.
pub(super) async fn ensure(
    sns: &aws_sdk_sns::Client,
    plan: &Plan,
    topic_arn: &str,
    queue: &Queue,
    changes: &mut Vec<String>,
) -> Result<String, ProvisionError> {
    let what =
        format!("the subscription of the queue `{}` to the topic `{}`", queue.name, plan.topic);
    let Some(arn) = find(sns, topic_arn, queue, &what).await? else {
        let request = sns
            .subscribe()
            .topic_arn(topic_arn)
            .protocol("sqs")
            .endpoint(&queue.arn)
            .return_subscription_arn(true)
            .set_attributes(Some(missing(plan, &HashMap::new()).into_iter().collect()));
        let made = request.send().await;
        let made =
            made.map_err(|error| ProvisionError::request(format_args!("create {what}"), error))?;
        changes.push(format!("created {what}"));
        return made.subscription_arn.ok_or_else(|| {
            ProvisionError::unexpected(format!("SNS gave no ARN for {what}; check the endpoint"))
        });
    };
    let found = sns.get_subscription_attributes().subscription_arn(&arn).send().await;
    let found =
        found.map_err(|error| ProvisionError::request(format_args!("read {what}"), error))?;
    for (name, value) in missing(plan, &found.attributes.unwrap_or_default()) {
        let request = sns.set_subscription_attributes().subscription_arn(&arn);
        let set = request.attribute_name(&name).attribute_value(value).send().await;
        set.map_err(|error| ProvisionError::request(format_args!("set {name} of {what}"), error))?;
        changes.push(format!("set {name} of {what}"));
    }
    Ok(arn)
}

async fn find(
    sns: &aws_sdk_sns::Client,
    topic_arn: &str,
    queue: &Queue,
    what: &str,
) -> Result<Option<String>, ProvisionError> {
    let mut pages = sns.list_subscriptions_by_topic().topic_arn(topic_arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| ProvisionError::request(format_args!("look for {what}"), error))?;
        for subscription in page.subscriptions.unwrap_or_default() {
            if subscription.protocol.as_deref() == Some("sqs")
                && subscription.endpoint.as_ref() == Some(&queue.arn)
            {
                return Ok(subscription.subscription_arn);
            }
        }
    }
    Ok(None)
}

/// The attributes to set, in this order, where `existing` are set.
fn missing(plan: &Plan, existing: &HashMap<String, String>) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut set = |name: &str, value: String| attributes.push((name.to_owned(), value));
    if let Some(raw) = plan.raw_delivery
        && existing.get(RAW).map(String::as_str) != Some(if raw { "true" } else { "false" })
    {
        set(RAW, raw.to_string());
    }
    let Some(filter) = &plan.filter else { return attributes };
    let present = present_filter(existing);
    if filter.policy.is_empty() {
        if present.is_some() {
            set(POLICY, "{}".to_owned());
        }
        return attributes;
    }
    let scope = match filter.scope {
        FilterScope::MessageBody => "MessageBody",
        FilterScope::MessageAttributes => "MessageAttributes",
    };
    let present_scope = existing.get(SCOPE).map_or("MessageAttributes", String::as_str);
    let policy = Value::Object(filter.policy.clone()).to_string();
    if present_scope != scope {
        // A policy is checked against the scope that it meets: the old one has to go before the
        // scope can change.
        if present.is_some() {
            set(POLICY, "{}".to_owned());
        }
        set(SCOPE, scope.to_owned());
        set(POLICY, policy);
    } else if present.as_ref() != Some(&filter.policy) {
        set(POLICY, policy);
    }
    attributes
}

fn present_filter(existing: &HashMap<String, String>) -> Option<Map<String, Value>> {
    let policy: Map<String, Value> = serde_json::from_str(existing.get(POLICY)?).ok()?;
    (!policy.is_empty()).then_some(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::Provision;

    fn steps(wanted: Provision, existing: &[(&str, &str)]) -> Vec<(String, String)> {
        let existing =
            existing.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        missing(&Plan::new(&wanted).expect("a plan"), &existing)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_is_not_asked_for_is_left_alone() {
        assert!(
            steps(Provision::new("orders"), &[(RAW, "true"), (POLICY, r#"{"a":["b"]}"#)])
                .is_empty()
        );
    }

    #[test]
    fn only_what_differs_is_set() {
        let wanted = || {
            Provision::new("orders")
                .raw_delivery(true)
                .filter_policy(r#"{"a": ["b"]}"#, FilterScope::MessageBody)
        };
        let policy = r#"{"a":["b"]}"#;
        assert_eq!(
            steps(wanted(), &[]),
            pairs(&[(RAW, "true"), (SCOPE, "MessageBody"), (POLICY, policy)])
        );
        let same = [(RAW, "true"), (SCOPE, "MessageBody"), (POLICY, r#"{ "a" : [ "b" ] }"#)];
        assert!(steps(wanted(), &same).is_empty());
        let other = [(RAW, "true"), (SCOPE, "MessageAttributes"), (POLICY, r#"{"x":["y"]}"#)];
        assert_eq!(
            steps(wanted(), &other),
            pairs(&[(POLICY, "{}"), (SCOPE, "MessageBody"), (POLICY, policy)])
        );
    }

    #[test]
    fn an_empty_filter_removes_one() {
        let wanted = || Provision::new("orders").filter_policy("{}", FilterScope::MessageBody);
        assert!(steps(wanted(), &[]).is_empty());
        assert!(steps(wanted(), &[(POLICY, "{}")]).is_empty());
        assert_eq!(steps(wanted(), &[(POLICY, r#"{"a":["b"]}"#)]), pairs(&[(POLICY, "{}")]));
    }
}

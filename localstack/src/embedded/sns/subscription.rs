//! A subscription and what is set of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::filter;
use crate::embedded::query::QueryError;

/// A queue that listens to a topic.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) endpoint: String,
    pub(super) settings: Settings,
}

/// What `SetSubscriptionAttributes` sets; values that exist are valid.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) raw: bool,
    pub(super) filter: Option<Value>,
    pub(super) filter_on_body: bool,
    pub(super) texts: BTreeMap<String, String>,
}

impl Settings {
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        match name {
            "RawMessageDelivery" => self.raw = value == "true",
            "FilterPolicyScope" if value == "MessageBody" => self.filter_on_body = true,
            "FilterPolicyScope" if value == "MessageAttributes" => self.filter_on_body = false,
            "FilterPolicy" if value.is_empty() || value == "{}" => self.filter = None,
            "FilterPolicy" => {
                let policy = serde_json::from_str(value).ok().filter(filter::is_policy);
                let invalid = || {
                    QueryError::invalid("Invalid parameter: FilterPolicy: failed to parse JSON.")
                };
                self.filter = Some(policy.ok_or_else(invalid)?);
            }
            "RedrivePolicy" | "DeliveryPolicy" | "SubscriptionRoleArn" => {}
            _ => return Err(QueryError::invalid("Invalid parameter: AttributeName")),
        }
        self.texts.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

//! Topics.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::subscription::Subscription;
use crate::embedded::lock;
use crate::embedded::query::QueryError;

/// All topics of the account, by ARN.
#[derive(Debug, Default)]
pub(crate) struct Topics(pub(super) Mutex<BTreeMap<String, Topic>>);

#[derive(Debug, Default)]
pub(super) struct Topic {
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) subscriptions: Vec<Subscription>,
}

/// The attribute that says how large a message may be, with its default and its bounds in bytes.
const MAX_SIZE: &str = "MaximumMessageSize";
const DEFAULT_MAX_SIZE: usize = 262_144;
const MAX_SIZES: std::ops::RangeInclusive<usize> = 1024..=1_048_576;

impl Topic {
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        if name == MAX_SIZE && !value.parse().is_ok_and(|size| MAX_SIZES.contains(&size)) {
            return Err(QueryError::invalid(
                "Invalid parameter: MaximumMessageSize: 1024 to 1048576 bytes",
            ));
        }
        self.attributes.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    pub(super) fn max_size(&self) -> usize {
        self.attributes
            .get(MAX_SIZE)
            .and_then(|value| value.parse().ok())
            .unwrap_or(DEFAULT_MAX_SIZE)
    }
}

impl Topics {
    pub(crate) fn exists(&self, arn: &str) -> bool {
        lock(&self.0).contains_key(arn)
    }
}

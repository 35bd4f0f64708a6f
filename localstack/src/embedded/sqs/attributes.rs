//! The attributes of a queue that can be set, with the bounds of the service.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::SqsError;
use crate::embedded::ids;

/// Name, default, least and greatest value.
const NUMBERS: [(&str, u64, u64, u64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];
/// Kept and given back, without an effect here.
const TEXTS: [&str; 5] = [
    "Policy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
];
const REDRIVE: &str = "RedrivePolicy";

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) queue: String,
    pub(super) max_receives: u32,
}

/// What `SetQueueAttributes` sets; values that exist are valid.
#[derive(Debug, Clone)]
pub(crate) struct Attributes {
    numbers: [u64; 5],
    texts: BTreeMap<String, String>,
    redrive: Option<Redrive>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            numbers: NUMBERS.map(|(_, default, ..)| default),
            texts: BTreeMap::from([("SqsManagedSseEnabled".into(), "true".into())]),
            redrive: None,
        }
    }
}

impl Attributes {
    pub(super) fn delay(&self) -> Duration {
        Duration::from_secs(self.numbers[0])
    }

    pub(super) fn max_size(&self) -> usize {
        usize::try_from(self.numbers[1]).unwrap_or(usize::MAX)
    }

    pub(super) fn retention(&self) -> Duration {
        Duration::from_secs(self.numbers[2])
    }

    pub(super) fn wait_seconds(&self) -> i64 {
        i64::try_from(self.numbers[3]).unwrap_or(0)
    }

    pub(super) fn visibility_seconds(&self) -> i64 {
        i64::try_from(self.numbers[4]).unwrap_or(0)
    }

    pub(super) fn redrive(&self) -> Option<&Redrive> {
        self.redrive.as_ref()
    }

    /// All attributes that have a value, as text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        let numbers =
            NUMBERS.iter().zip(self.numbers).map(|((name, ..), value)| (*name, value.to_string()));
        numbers.chain(self.texts.iter().map(|(name, value)| (name.as_str(), value.clone())))
    }

    /// Sets one attribute. `known` tells whether a queue of that name exists.
    pub(super) fn set(
        &mut self,
        name: &str,
        value: &str,
        known: impl Fn(&str) -> bool,
    ) -> Result<(), SqsError> {
        if let Some(at) = NUMBERS.iter().position(|(number, ..)| *number == name) {
            let (_, _, least, greatest) = NUMBERS[at];
            let number = value.parse().ok().filter(|number| (least..=greatest).contains(number));
            self.numbers[at] = number.ok_or_else(|| SqsError::invalid_attribute_value(name))?;
        } else if name == REDRIVE {
            self.redrive = if value.is_empty() { None } else { Some(redrive(value, known)?) };
            self.set_text(name, value);
        } else if TEXTS.contains(&name) {
            self.set_text(name, value);
        } else if name == "FifoQueue" {
            return Err(SqsError::unsupported("A FIFO queue"));
        } else {
            return Err(SqsError::invalid_attribute_name(name));
        }
        Ok(())
    }

    /// An empty value takes the attribute away.
    fn set_text(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.texts.remove(name);
        } else {
            self.texts.insert(name.into(), value.into());
        }
    }
}

fn redrive(value: &str, known: impl Fn(&str) -> bool) -> Result<Redrive, SqsError> {
    let invalid = |reason| SqsError::invalid(REDRIVE, value, reason);
    let policy: Value = serde_json::from_str(value)
        .map_err(|_| invalid("Redrive policy is not a valid JSON map."))?;
    let max_receives = match policy.get("maxReceiveCount") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
        None => None,
    };
    let max_receives = max_receives
        .filter(|count| (1..=1000).contains(count))
        .and_then(|count| u32::try_from(count).ok())
        .ok_or_else(|| invalid("Invalid value for maxReceiveCount: 1 to 1000."))?;
    let queue = policy
        .get("deadLetterTargetArn")
        .and_then(Value::as_str)
        .and_then(ids::queue_of_arn)
        .ok_or_else(|| invalid("Invalid value for deadLetterTargetArn."))?;
    if !known(queue) {
        return Err(invalid("Dead letter target does not exist."));
    }
    Ok(Redrive { queue: queue.to_owned(), max_receives })
}

/// Names of attributes that `GetQueueAttributes` can be asked for.
pub(super) fn is_readable(name: &str) -> bool {
    const COMPUTED: [&str; 6] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    ];
    name == "All"
        || name == REDRIVE
        || TEXTS.contains(&name)
        || COMPUTED.contains(&name)
        || NUMBERS.iter().any(|(number, ..)| *number == name)
        || name == "FifoQueue"
}

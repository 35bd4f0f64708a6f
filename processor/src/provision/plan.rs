//! Settings that were checked: a [`Plan`] that exists can be carried out.

use std::collections::HashSet;
use std::time::Duration;

use super::{FilterScope, Provision, ProvisionError};

const DEFAULT_MAX_RECEIVES: u16 = 5;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// What S3 takes as the name of a notification is 255 characters, of which our own part needs 17.
const TOPIC_NAME: usize = 238;
const QUEUE_NAME: usize = 80;

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) bucket: String,
    pub(super) topic: String,
    pub(super) queues: Vec<QueuePlan>,
    pub(super) raw_delivery: Option<bool>,
    pub(super) filter: Option<Filter>,
    /// None leaves the one that is there; an empty one is no limit. So is the suffix.
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
}

#[derive(Debug)]
pub(super) struct QueuePlan {
    pub(super) name: String,
    pub(super) dead_letter: String,
    pub(super) max_receives: Option<u16>,
    pub(super) visibility_seconds: Option<u64>,
    pub(super) retention_seconds: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) policy: serde_json::Map<String, serde_json::Value>,
    pub(super) scope: FilterScope,
}

impl Plan {
    pub(super) fn new(wanted: &Provision) -> Result<Self, ProvisionError> {
        let bucket = wanted.bucket.clone().unwrap_or_else(|| wanted.name.clone());
        check_bucket(&bucket)?;
        let topic = wanted.topic.clone().unwrap_or_else(|| wanted.name.clone());
        check_name("topic", &topic, TOPIC_NAME)?;
        let names = match wanted.queues.is_empty() {
            true => vec![wanted.name.clone()],
            false => wanted.queues.clone(),
        };
        let queues = names
            .into_iter()
            .map(|name| QueuePlan::new(name, wanted))
            .collect::<Result<Vec<_>, _>>()?;
        check_distinct(&queues)?;
        Ok(Self {
            bucket,
            topic,
            queues,
            raw_delivery: wanted.raw_delivery,
            filter: wanted.filter_policy.as_ref().map(Filter::new).transpose()?,
            prefix: wanted.prefix.clone(),
            suffix: wanted.suffix.clone(),
        })
    }
}

impl QueuePlan {
    fn new(name: String, wanted: &Provision) -> Result<Self, ProvisionError> {
        let dead_letter = wanted.dead_letter_queue.clone().unwrap_or_else(|| format!("{name}-dlq"));
        for queue in [&name, &dead_letter] {
            check_name("queue", queue, QUEUE_NAME)?;
        }
        if wanted.max_receives.is_some_and(|max| !(1..=1_000).contains(&max)) {
            return Err(ProvisionError::setting("max_receives must be 1 to 1,000"));
        }
        Ok(Self {
            name,
            dead_letter,
            max_receives: wanted.max_receives,
            visibility_seconds: seconds(
                "visibility_timeout",
                wanted.visibility_timeout,
                1,
                12 * HOUR,
            )?,
            retention_seconds: seconds("retention", wanted.retention, 60, 14 * DAY)?,
        })
    }

    /// The number to write into a redrive policy, given the one that is there.
    pub(super) fn max_receives(&self, existing: Option<u64>) -> u64 {
        let wanted = self.max_receives.map(u64::from);
        wanted.or(existing).unwrap_or(u64::from(DEFAULT_MAX_RECEIVES))
    }
}

impl Filter {
    fn new((policy, scope): &(String, FilterScope)) -> Result<Self, ProvisionError> {
        match serde_json::from_str(policy) {
            Ok(policy) => Ok(Self { policy, scope: *scope }),
            Err(error) => Err(ProvisionError::setting(format!(
                "the filter policy is not a JSON object ({error}); correct it"
            ))),
        }
    }
}

fn check_distinct(queues: &[QueuePlan]) -> Result<(), ProvisionError> {
    let mut names = HashSet::new();
    for queue in queues {
        if !names.insert(&queue.name) {
            return Err(ProvisionError::setting(format!(
                "the queue `{}` is given twice; name it once",
                queue.name
            )));
        }
    }
    match queues.iter().find(|queue| names.contains(&queue.dead_letter)) {
        Some(queue) => Err(ProvisionError::setting(format!(
            "`{}` is a queue and a dead-letter queue; give the dead-letter queue another name",
            queue.dead_letter
        ))),
        None => Ok(()),
    }
}

fn check_name(what: &str, name: &str, longest: usize) -> Result<(), ProvisionError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=longest).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let way_out = match name.ends_with(".fifo") {
        true => "S3 cannot notify FIFO topics or queues: take a standard one".to_owned(),
        false => format!("a {what} name has 1 to {longest} letters, digits, `-` and `_`"),
    };
    Err(ProvisionError::setting(format!(
        "the {what} name `{}` cannot be used; {way_out}",
        name.escape_debug()
    )))
}

fn check_bucket(name: &str) -> Result<(), ProvisionError> {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = |c: char| end(c) || c == '-' || c == '.';
    if (3..=63).contains(&name.len())
        && name.chars().all(fits)
        && name.starts_with(end)
        && name.ends_with(end)
    {
        return Ok(());
    }
    Err(ProvisionError::setting(format!(
        "the bucket name `{}` cannot be used; a bucket name has 3 to 63 lower-case letters, \
         digits, `-` and `.`, and starts and ends with a letter or digit",
        name.escape_debug()
    )))
}

fn seconds(
    setting: &str,
    value: Option<Duration>,
    least: u64,
    most: u64,
) -> Result<Option<u64>, ProvisionError> {
    let Some(value) = value else { return Ok(None) };
    if value.subsec_nanos() == 0 && (least..=most).contains(&value.as_secs()) {
        return Ok(Some(value.as_secs()));
    }
    Err(ProvisionError::setting(format!(
        "{setting} must be {least} to {most} whole seconds, not {value:?}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(wanted: Provision) -> String {
        Plan::new(&wanted).expect_err("refused").to_string()
    }

    #[test]
    fn everything_has_a_default() {
        let plan = Plan::new(&Provision::new("orders")).expect("a plan");
        assert_eq!((&*plan.bucket, &*plan.topic), ("orders", "orders"));
        let [queue] = &plan.queues[..] else { panic!("one queue") };
        assert_eq!((&*queue.name, &*queue.dead_letter), ("orders", "orders-dlq"));
        assert_eq!((queue.max_receives(None), queue.max_receives(Some(9))), (5, 9));
    }

    #[test]
    fn several_queues_have_a_dead_letter_queue_each_or_share_one() {
        let two = Provision::new("orders").queue("a").queue("b");
        let names = |wanted: &Provision| -> Vec<String> {
            let plan = Plan::new(wanted).expect("a plan");
            plan.queues.into_iter().map(|queue| queue.dead_letter).collect()
        };
        assert_eq!(names(&two), ["a-dlq", "b-dlq"]);
        assert_eq!(names(&two.dead_letter_queue("dead")), ["dead", "dead"]);
    }

    #[test]
    fn what_aws_would_refuse_is_refused_before_anything_is_sent() {
        let orders = || Provision::new("orders");
        let second = Duration::from_secs(1);
        for (wanted, said) in [
            (Provision::new("Orders"), "the bucket name `Orders`"),
            (Provision::new("-ab"), "the bucket name"),
            (Provision::new("ab"), "the bucket name"),
            (Provision::new("a.b.c"), "the topic name"),
            (orders().queue("q.fifo"), "FIFO"),
            (orders().queue("x".repeat(81)), "the queue name"),
            (orders().queue("x".repeat(78)), "the queue name"),
            (orders().queue("a").queue("a"), "given twice"),
            (orders().queue("a").queue("a-dlq"), "a queue and a dead-letter queue"),
            (orders().max_receives(0), "1 to 1,000"),
            (orders().max_receives(1_001), "1 to 1,000"),
            (orders().visibility_timeout(Duration::ZERO), "visibility_timeout must be 1 to 43200"),
            (orders().visibility_timeout(second / 2), "whole seconds"),
            (orders().visibility_timeout(second * 43_201), "43200"),
            (orders().retention(second * 59), "retention must be 60 to 1209600"),
            (orders().filter_policy("[1]", FilterScope::MessageBody), "not a JSON object"),
        ] {
            let error = refused(wanted);
            assert!(error.contains(said), "{error}");
        }
    }
}

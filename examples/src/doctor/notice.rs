//! How a bucket announces its objects.

use super::{queue::Queue, topic::Topic};
use aws_sdk_s3::{
    operation::get_bucket_notification_configuration as notification,
    types::{Event, NotificationConfigurationFilter},
};

const CREATED: &str = "s3:ObjectCreated:";

/// One of a bucket's notifications that leads to the queue.
pub(super) struct Notice {
    pub(super) topic: Option<String>,
    events: Vec<Event>,
    pub(super) prefix: String,
    pub(super) suffix: String,
}

/// Those that lead to the queue, through one of these topics or without one.
pub(super) fn notices(
    all: &notification::GetBucketNotificationConfigurationOutput,
    queue: &Queue,
    topics: &[Topic],
) -> Vec<Notice> {
    let notice = |topic: Option<&str>, events: &[Event], filter| {
        let [prefix, suffix] = ["prefix", "suffix"].map(|name| rule(filter, name));
        Notice { topic: topic.map(str::to_owned), events: events.to_vec(), prefix, suffix }
    };
    let through = all
        .topic_configurations()
        .iter()
        .filter(|one| topics.iter().any(|topic| topic.arn == one.topic_arn()))
        .map(|one| notice(Some(one.topic_arn()), one.events(), one.filter()));
    let direct = all
        .queue_configurations()
        .iter()
        .filter(|one| one.queue_arn() == queue.arn)
        .map(|one| notice(None, one.events(), one.filter()));
    through.chain(direct).collect()
}

fn rule(filter: Option<&NotificationConfigurationFilter>, name: &str) -> String {
    let rules = filter.and_then(|filter| filter.key()).map(|key| key.filter_rules());
    let mut rules = rules.unwrap_or_default().iter();
    let found = rules
        .find(|rule| rule.name().is_some_and(|found| found.as_str().eq_ignore_ascii_case(name)));
    found.and_then(|rule| rule.value()).unwrap_or_default().to_owned()
}

impl Notice {
    pub(super) fn announces(&self, event: &Event) -> bool {
        self.events.iter().any(|one| {
            one == event
                || one.as_str().strip_suffix('*').is_some_and(|all| event.as_str().starts_with(all))
        })
    }

    pub(super) fn announces_any(&self) -> bool {
        self.events.iter().any(|event| event.as_str().starts_with(CREATED))
    }

    /// Whether it may announce a key below this prefix.
    pub(super) fn covers(&self, prefix: &str) -> bool {
        self.prefix.starts_with(prefix) || prefix.starts_with(&self.prefix)
    }
}

//! What S3 says of two notifications of one bucket: for one event and one key there may be only
//! one. *Configuring event notifications using object key name filtering* in the Amazon S3 User
//! Guide.

use aws_sdk_s3::types::{
    Event, LambdaFunctionConfiguration, NotificationConfiguration, NotificationConfigurationFilter,
    QueueConfiguration, TopicConfiguration,
};

/// One notification, wherever it leads.
struct Rule<'a> {
    id: &'a str,
    events: &'a [Event],
    prefix: &'a str,
    suffix: &'a str,
}

/// The notification that S3 would refuse beside the one of this id, in words.
pub(super) fn overlapping(configuration: &NotificationConfiguration, id: &str) -> Option<String> {
    let rules = all(configuration);
    let own = rules.iter().find(|rule| rule.id == id)?;
    let other = rules.iter().find(|rule| rule.id != id && overlap(own, rule))?;
    Some(format!("`{}` (prefix `{}`, suffix `{}`)", other.id, other.prefix, other.suffix))
}

fn all(configuration: &NotificationConfiguration) -> Vec<Rule<'_>> {
    let topics = configuration.topic_configurations().iter();
    let queues = configuration.queue_configurations().iter();
    let functions = configuration.lambda_function_configurations().iter();
    let topics = topics.map(|one: &TopicConfiguration| rule(one.id(), one.events(), one.filter()));
    let queues = queues.map(|one: &QueueConfiguration| rule(one.id(), one.events(), one.filter()));
    let functions = functions
        .map(|one: &LambdaFunctionConfiguration| rule(one.id(), one.events(), one.filter()));
    topics.chain(queues).chain(functions).collect()
}

fn rule<'a>(
    id: Option<&'a str>,
    events: &'a [Event],
    filter: Option<&'a NotificationConfigurationFilter>,
) -> Rule<'a> {
    let rules = filter.and_then(|filter| filter.key()).map(|key| key.filter_rules());
    let value = |wanted: &str| {
        let mut rules = rules.unwrap_or_default().iter();
        let found = rules.find(|rule| {
            rule.name().is_some_and(|name| name.as_str().eq_ignore_ascii_case(wanted))
        });
        found.and_then(|rule| rule.value()).unwrap_or_default()
    };
    Rule { id: id.unwrap_or_default(), events, prefix: value("prefix"), suffix: value("suffix") }
}

fn overlap(one: &Rule<'_>, other: &Rule<'_>) -> bool {
    let prefixes = one.prefix.starts_with(other.prefix) || other.prefix.starts_with(one.prefix);
    let suffixes = one.suffix.ends_with(other.suffix) || other.suffix.ends_with(one.suffix);
    let shared = |event: &Event| other.events.iter().any(|other| includes(event, other));
    prefixes && suffixes && one.events.iter().any(shared)
}

/// Whether one of the two is the other, or a group that it belongs to.
pub(super) fn includes(one: &Event, other: &Event) -> bool {
    let group = |of: &Event, other: &Event| {
        let group = of.as_str().strip_suffix('*');
        group.is_some_and(|group| other.as_str().starts_with(group))
    };
    one == other || group(one, other) || group(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::types::{FilterRule, FilterRuleName, S3KeyFilter};

    fn topic(id: &str, event: Event, prefix: &str, suffix: &str) -> TopicConfiguration {
        let rules = [(FilterRuleName::Prefix, prefix), (FilterRuleName::Suffix, suffix)]
            .map(|(name, value)| FilterRule::builder().name(name).value(value).build());
        let key = S3KeyFilter::builder().set_filter_rules(Some(rules.into())).build();
        let filter = NotificationConfigurationFilter::builder().key(key).build();
        let topic = TopicConfiguration::builder().id(id).topic_arn("arn:t").events(event);
        topic.filter(filter).build().expect("a notification")
    }

    #[test]
    fn two_notifications_overlap_if_one_key_and_one_event_fit_both() {
        let own = || topic("own", Event::S3ObjectCreated, "data/", ".gz");
        for (event, prefix, suffix, overlaps) in [
            (Event::S3ObjectCreated, "data/", ".gz", true),
            (Event::S3ObjectCreatedPut, "", "", true),
            (Event::S3ObjectCreated, "data/a/", "x.gz", true),
            (Event::S3ObjectCreated, "other/", ".gz", false),
            (Event::S3ObjectCreated, "data/", ".json", false),
            (Event::S3ObjectRemoved, "data/", ".gz", false),
        ] {
            let both = NotificationConfiguration::builder()
                .topic_configurations(own())
                .topic_configurations(topic("other", event.clone(), prefix, suffix))
                .build();
            let found = overlapping(&both, "own");
            assert_eq!(found.is_some(), overlaps, "{event} {prefix} {suffix}: {found:?}");
        }
    }
}

//! Notifications: who wants to know what, and the events as AWS words them.

use std::sync::Arc;

use s3s::dto::{
    Event, GetBucketNotificationConfigurationOutput, NotificationConfiguration,
    NotificationConfigurationFilter, PutBucketNotificationConfigurationInput,
    PutBucketNotificationConfigurationOutput,
};
use s3s::{S3Result, s3_error};
use serde_json::{Value, json};

use super::Store;
use super::bucket::Object;
use crate::embedded::clock::iso8601;
use crate::embedded::ids;
use crate::embedded::sns::{self, Notice};
use crate::embedded::sqs::{self, Draft};

const SUBJECT: &str = "Amazon S3 Notification";
/// Stands where AWS names hosts and principals that mean nothing here.
const NOBODY: &str = "EMBEDDED";

/// Something that happened to an object.
#[derive(Debug)]
pub(super) struct Happened {
    /// Without `s3:`, as in `ObjectCreated:Put`.
    name: String,
    /// The fields of `object` besides key and sequencer.
    object: Value,
}

impl Happened {
    pub(super) fn created(how: &str, object: &Object, version: Option<&str>) -> Self {
        Self {
            name: format!("ObjectCreated:{how}"),
            object: with_version(json!({ "size": object.len(), "eTag": object.etag }), version),
        }
    }

    pub(super) fn removed(how: &str, version: Option<&str>) -> Self {
        Self { name: format!("ObjectRemoved:{how}"), object: with_version(json!({}), version) }
    }
}

fn with_version(mut object: Value, version: Option<&str>) -> Value {
    if let Some(version) = version {
        object["versionId"] = version.into();
    }
    object
}

enum Target {
    Queue(String),
    Topic(String),
}

/// A key as events have it: form-encoded, its slashes kept.
pub(super) fn encode_key(key: &str) -> String {
    let parts: Vec<String> = key
        .split('/')
        .map(|part| form_urlencoded::byte_serialize(part.as_bytes()).collect())
        .collect();
    parts.join("/")
}

impl Store {
    /// Every destination must exist; each gets a test event.
    pub(super) fn set_notifications(
        &self,
        input: PutBucketNotificationConfigurationInput,
    ) -> S3Result<PutBucketNotificationConfigurationOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let mut configuration = input.notification_configuration;
        if configuration
            .lambda_function_configurations
            .as_ref()
            .is_some_and(|list| !list.is_empty())
        {
            return Err(s3_error!(NotImplemented, "Lambda is not part of the embedded AWS"));
        }
        let mut targets = Vec::new();
        for queue in configuration.queue_configurations.iter_mut().flatten() {
            queue.id.get_or_insert_with(|| self.shared.ids.uuid());
            targets.push(Target::Queue(queue.queue_arn.clone()));
        }
        for topic in configuration.topic_configurations.iter_mut().flatten() {
            topic.id.get_or_insert_with(|| self.shared.ids.uuid());
            targets.push(Target::Topic(topic.topic_arn.clone()));
        }
        if ambiguous(&configuration) {
            let message = "Configuration is ambiguously defined. Cannot have overlapping suffixes \
                           in two rules if the prefixes are overlapping for the same event type.";
            return Err(s3_error!(InvalidArgument, "{message}"));
        }
        if input.skip_destination_validation != Some(true)
            && !targets.iter().all(|target| self.exists(target))
        {
            let message = "Unable to validate the following destination configurations";
            return Err(s3_error!(InvalidArgument, "{message}"));
        }
        self.state().bucket(&input.bucket)?.notifications = configuration;
        let test = json!({
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso8601(self.shared.clock.wall()),
            "Bucket": input.bucket,
            "RequestId": format!("{:016X}", self.shared.ids.opaque()),
            "HostId": NOBODY,
        });
        for target in &targets {
            self.send(target, &test.to_string());
        }
        Ok(PutBucketNotificationConfigurationOutput::default())
    }

    pub(super) fn notifications(
        &self,
        bucket: &str,
    ) -> S3Result<GetBucketNotificationConfigurationOutput> {
        let configuration = self.state().bucket(bucket)?.notifications.clone();
        Ok(GetBucketNotificationConfigurationOutput {
            event_bridge_configuration: configuration.event_bridge_configuration,
            lambda_function_configurations: None,
            queue_configurations: configuration.queue_configurations,
            topic_configurations: configuration.topic_configurations,
        })
    }

    fn exists(&self, target: &Target) -> bool {
        match target {
            Target::Queue(arn) => {
                ids::queue_of_arn(arn).is_some_and(|name| self.shared.sqs.exists(name))
            }
            Target::Topic(arn) => self.shared.sns.exists(arn),
        }
    }

    /// Tells everyone who wants to know, before the answer to the request is sent.
    pub(super) fn tell(&self, bucket: &str, key: &str, what: &Happened) {
        let encoded = encode_key(key);
        for (id, target) in self.interested(bucket, key, &encoded, &what.name) {
            let event = self.event(&id, bucket, &encoded, what);
            self.send(&target, &event.to_string());
        }
    }

    fn interested(
        &self,
        bucket: &str,
        key: &str,
        encoded: &str,
        name: &str,
    ) -> Vec<(String, Target)> {
        let mut state = self.state();
        let Ok(bucket) = state.bucket(bucket) else {
            return Vec::new();
        };
        let wants = |events: &[Event], filter: Option<&NotificationConfigurationFilter>| {
            events.iter().any(|event| event_matches(event.as_ref(), name))
                && filter_matches(filter, key, encoded)
        };
        let mut interested = Vec::new();
        for one in bucket.notifications.queue_configurations.iter().flatten() {
            if wants(&one.events, one.filter.as_ref()) {
                interested.push((
                    one.id.clone().unwrap_or_default(),
                    Target::Queue(one.queue_arn.clone()),
                ));
            }
        }
        for one in bucket.notifications.topic_configurations.iter().flatten() {
            if wants(&one.events, one.filter.as_ref()) {
                interested.push((
                    one.id.clone().unwrap_or_default(),
                    Target::Topic(one.topic_arn.clone()),
                ));
            }
        }
        interested
    }

    fn event(&self, configuration: &str, bucket: &str, encoded: &str, what: &Happened) -> Value {
        let shared = &self.shared;
        let mut object = what.object.clone();
        object["key"] = encoded.into();
        // Rises with every event; the same number of digits always, so that it also compares as
        // text.
        let sequence = shared.ids.sequence(shared.clock.unix_millis());
        object["sequencer"] = format!("{sequence:018X}").into();
        json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": ids::REGION,
            "eventTime": iso8601(shared.clock.wall()),
            "eventName": what.name,
            "userIdentity": { "principalId": NOBODY },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {
                "x-amz-request-id": format!("{:016X}", shared.ids.opaque()),
                "x-amz-id-2": NOBODY,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration,
                "bucket": {
                    "name": bucket,
                    "ownerIdentity": { "principalId": NOBODY },
                    "arn": format!("arn:aws:s3:::{bucket}"),
                },
                "object": object,
            },
        }] })
    }

    fn send(&self, target: &Target, text: &str) {
        match target {
            Target::Queue(arn) => {
                if let Some(name) = ids::queue_of_arn(arn) {
                    sqs::deliver(&self.shared, name, Draft::of_service(Arc::from(text)));
                }
            }
            Target::Topic(arn) => {
                let notice = Notice {
                    subject: Some(SUBJECT),
                    message: text,
                    attributes: Default::default(),
                };
                sns::deliver(&self.shared, arn, &notice);
            }
        }
    }
}

/// Whether two of the notifications would both fit one event of one key, which AWS refuses.
fn ambiguous(configuration: &NotificationConfiguration) -> bool {
    let queues = configuration.queue_configurations.iter().flatten();
    let topics = configuration.topic_configurations.iter().flatten();
    let rules: Vec<_> = queues
        .map(|one| (&one.events, value(one.filter.as_ref())))
        .chain(topics.map(|one| (&one.events, value(one.filter.as_ref()))))
        .collect();
    rules.iter().enumerate().any(|(at, (events, (prefix, suffix)))| {
        rules[..at].iter().any(|(others, (other_prefix, other_suffix))| {
            (prefix.starts_with(other_prefix) || other_prefix.starts_with(prefix))
                && (suffix.ends_with(other_suffix) || other_suffix.ends_with(suffix))
                && events.iter().any(|one| others.iter().any(|other| share(one, other)))
        })
    })
}

fn share(one: &Event, other: &Event) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    event_matches(one, other.trim_start_matches("s3:"))
        || event_matches(other, one.trim_start_matches("s3:"))
}

/// Prefix and suffix of a filter.
fn value(filter: Option<&NotificationConfigurationFilter>) -> (&str, &str) {
    let rules =
        filter.and_then(|filter| filter.key.as_ref()?.filter_rules.as_deref()).unwrap_or_default();
    let of = |wanted: &str| {
        let mut rules = rules.iter();
        let found = rules.find(|rule| {
            rule.name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(wanted))
        });
        found.and_then(|rule| rule.value.as_deref()).unwrap_or_default()
    };
    (of("prefix"), of("suffix"))
}

/// `s3:ObjectCreated:*` is every way of creating.
fn event_matches(wanted: &str, name: &str) -> bool {
    let wanted = wanted.strip_prefix("s3:").unwrap_or(wanted);
    wanted.strip_suffix('*').map_or(wanted == name, |start| name.starts_with(start))
}

/// The rules hold for the key, plain or as the event shows it.
fn filter_matches(
    filter: Option<&NotificationConfigurationFilter>,
    key: &str,
    encoded: &str,
) -> bool {
    let rules =
        filter.and_then(|filter| filter.key.as_ref()?.filter_rules.as_deref()).unwrap_or_default();
    rules.iter().all(|rule| {
        let value = rule.value.as_deref().unwrap_or("");
        let name = rule.name.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        match name.as_deref() {
            Some("prefix") => key.starts_with(value) || encoded.starts_with(value),
            Some("suffix") => key.ends_with(value) || encoded.ends_with(value),
            _ => false,
        }
    })
}

//! The bucket and its notifications.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_bucket_notification_configuration as reading;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Event, FilterRule, FilterRuleName,
    NotificationConfiguration, NotificationConfigurationFilter, S3KeyFilter, TopicConfiguration,
};

use super::ProvisionError;
use super::location::Location;
use super::plan::Plan;
use super::policy::OWN;
use super::rules as overlaps;

/// The one region that must not be named when a bucket is created; see `CreateBucket` in the Amazon
/// S3 API Reference.
const UNNAMED_REGION: &str = "us-east-1";
/// A new policy of a topic takes a moment to hold everywhere, and S3 tries it before it accepts a
/// notification.
const VALIDATION_TRIES: u32 = 6;
const VALIDATION_PAUSE: Duration = Duration::from_secs(1);

/// Makes sure that the bucket exists, here and in this account.
pub(super) async fn ensure(
    s3: &aws_sdk_s3::Client,
    name: &str,
    location: &Location,
    changes: &mut Vec<String>,
) -> Result<(), ProvisionError> {
    match s3.head_bucket().bucket(name).expected_bucket_owner(&location.account).send().await {
        Ok(found) => return check_region(name, found.bucket_region(), location),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => {}
        Err(error) => {
            return Err(ProvisionError::request(format_args!("use the bucket `{name}`"), error));
        }
    }
    let region = &location.region;
    let configuration = (region != UNNAMED_REGION).then(|| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    let request = s3.create_bucket().bucket(name).set_create_bucket_configuration(configuration);
    match request.send().await {
        Ok(_) => {}
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_bucket_already_owned_by_you()) =>
        {
            return Ok(());
        }
        Err(error) => {
            return Err(ProvisionError::request(format_args!("create the bucket `{name}`"), error));
        }
    }
    changes.push(format!("created the bucket `{name}`"));
    Ok(())
}

fn check_region(
    name: &str,
    found: Option<&str>,
    location: &Location,
) -> Result<(), ProvisionError> {
    let region = location.region.as_str();
    match found {
        Some(found) if found != region => Err(ProvisionError::conflict(format!(
            "the bucket `{name}` is in {found}, the queues are in {region}; S3 notifies only its \
             own region: use {found}, or another bucket"
        ))),
        _ => Ok(()),
    }
}

/// Makes sure that the bucket announces created objects to the topic; gives the notification's id.
pub(super) async fn notify(
    s3: &aws_sdk_s3::Client,
    plan: &Plan,
    topic_arn: &str,
    changes: &mut Vec<String>,
) -> Result<String, ProvisionError> {
    let bucket = &plan.bucket;
    let id = format!("{OWN}{}", plan.topic);
    let found = s3.get_bucket_notification_configuration().bucket(bucket).send().await;
    let found = found.map_err(|error| {
        ProvisionError::request(
            format_args!("read the notifications of the bucket `{bucket}`"),
            error,
        )
    })?;
    let present = found.topic_configurations().iter().find(|present| present.id() == Some(&id));
    let wanted = wanted(plan, &id, topic_arn, present)?;
    let Some(merged) = merge(found, wanted) else { return Ok(id) };
    if let Some(other) = overlaps::overlapping(&merged, &id) {
        return Err(ProvisionError::conflict(format!(
            "the bucket `{bucket}` has the notification {other}, which overlaps with `{id}`: S3 \
             allows one for each key and event. Give another prefix or suffix, or remove that one"
        )));
    }
    put(s3, bucket, merged).await?;
    changes.push(format!("set the notification `{id}` of the bucket `{bucket}`"));
    Ok(id)
}

async fn put(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    merged: NotificationConfiguration,
) -> Result<(), ProvisionError> {
    let mut tries = 1;
    loop {
        let request = s3.put_bucket_notification_configuration().bucket(bucket);
        let Err(error) = request.notification_configuration(merged.clone()).send().await else {
            return Ok(());
        };
        let not_yet = error.code() == Some("InvalidArgument")
            && error
                .message()
                .is_some_and(|message| message.contains("validate the following destination"));
        if !not_yet || tries == VALIDATION_TRIES {
            let doing = format_args!("set the notifications of the bucket `{bucket}`");
            return Err(ProvisionError::request(doing, error));
        }
        tries += 1;
        tokio::time::sleep(VALIDATION_PAUSE).await;
    }
}

/// The notification to have, given the one of the same id that is there.
fn wanted(
    plan: &Plan,
    id: &str,
    topic_arn: &str,
    present: Option<&TopicConfiguration>,
) -> Result<TopicConfiguration, ProvisionError> {
    // What others added stays.
    let others = present.map(TopicConfiguration::events).unwrap_or_default().iter();
    let others = others.filter(|event| !overlaps::includes(&Event::S3ObjectCreated, event));
    let events = std::iter::once(&Event::S3ObjectCreated).chain(others).cloned().collect();
    let present = present.map(rules).unwrap_or_default();
    let kept = |name: &FilterRuleName| {
        let rule = present.iter().find(|(present, _)| present == name.as_str());
        rule.map(|(_, value)| *value).unwrap_or_default()
    };
    let rules: Vec<FilterRule> =
        [(FilterRuleName::Prefix, &plan.prefix), (FilterRuleName::Suffix, &plan.suffix)]
            .into_iter()
            .map(|(name, value)| (value.as_deref().unwrap_or_else(|| kept(&name)), name))
            .filter(|(value, _)| !value.is_empty())
            .map(|(value, name)| FilterRule::builder().name(name).value(value).build())
            .collect();
    let filter = (!rules.is_empty()).then(|| {
        let key = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
        NotificationConfigurationFilter::builder().key(key).build()
    });
    TopicConfiguration::builder()
        .id(id)
        .topic_arn(topic_arn)
        .set_events(Some(events))
        .set_filter(filter)
        .build()
        .map_err(|error| {
            ProvisionError::unexpected(format!("cannot describe the notification `{id}`: {error}"))
        })
}

/// What is there with `wanted` in it, or none if it is there already. All else stays as it was
/// read.
fn merge(
    found: reading::GetBucketNotificationConfigurationOutput,
    wanted: TopicConfiguration,
) -> Option<NotificationConfiguration> {
    let mut topics = found.topic_configurations.unwrap_or_default();
    if topics.iter().any(|present| same(present, &wanted)) {
        return None;
    }
    topics.retain(|present| present.id != wanted.id);
    topics.push(wanted);
    let configuration = NotificationConfiguration::builder()
        .set_topic_configurations(Some(topics))
        .set_queue_configurations(found.queue_configurations)
        .set_lambda_function_configurations(found.lambda_function_configurations)
        .set_event_bridge_configuration(found.event_bridge_configuration);
    Some(configuration.build())
}

fn same(present: &TopicConfiguration, wanted: &TopicConfiguration) -> bool {
    present.id == wanted.id
        && present.topic_arn == wanted.topic_arn
        && wanted.events.iter().all(|event| present.events.contains(event))
        && present.events.len() == wanted.events.len()
        && rules(present) == rules(wanted)
}

/// The rules of a filter, comparable: S3 gives their names back in capitals.
fn rules(configuration: &TopicConfiguration) -> Vec<(String, &str)> {
    let key = configuration.filter().and_then(NotificationConfigurationFilter::key);
    let rules = key.map(S3KeyFilter::filter_rules).unwrap_or_default().iter();
    let mut rules: Vec<_> = rules
        .map(|rule| {
            let name = rule.name().map(|name| name.as_str().to_ascii_lowercase());
            (name.unwrap_or_default(), rule.value().unwrap_or_default())
        })
        .filter(|(_, value)| !value.is_empty())
        .collect();
    rules.sort_unstable();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::Provision;
    use aws_sdk_s3::types::{EventBridgeConfiguration, QueueConfiguration};

    const TOPIC: &str = "arn:aws:sns:eu-west-1:1:orders";

    fn own(wanted_by: Provision) -> TopicConfiguration {
        changed(wanted_by, None)
    }

    fn changed(wanted_by: Provision, present: Option<&TopicConfiguration>) -> TopicConfiguration {
        wanted(&Plan::new(&wanted_by).expect("a plan"), "own", TOPIC, present)
            .expect("a notification")
    }

    fn other() -> TopicConfiguration {
        let other = TopicConfiguration::builder()
            .id("other")
            .topic_arn("arn:x")
            .events(Event::S3ObjectRemoved);
        other.build().expect("a notification")
    }

    #[test]
    fn the_rest_stays() {
        let queue = QueueConfiguration::builder()
            .queue_arn("arn:q")
            .events(Event::S3ObjectCreatedPut)
            .build();
        let queue = queue.expect("a notification");
        let found = reading::GetBucketNotificationConfigurationOutput::builder()
            .topic_configurations(other())
            .queue_configurations(queue.clone())
            .event_bridge_configuration(EventBridgeConfiguration::builder().build())
            .build();
        let merged = merge(found, own(Provision::new("orders"))).expect("a change");
        assert_eq!(merged.topic_configurations(), [other(), own(Provision::new("orders"))]);
        assert_eq!(merged.queue_configurations(), [queue]);
        assert!(merged.event_bridge_configuration().is_some());
    }

    #[test]
    fn the_same_again_is_no_change_and_another_prefix_is_one() {
        let before = own(Provision::new("orders").prefix("data/").suffix(".gz"));
        let found = || {
            let mut read = before.clone();
            let rules = [("Suffix", ".gz"), ("Prefix", "data/")]
                .map(|(name, value)| FilterRule::builder().name(name.into()).value(value).build());
            let key = S3KeyFilter::builder().set_filter_rules(Some(rules.into())).build();
            read.filter = Some(NotificationConfigurationFilter::builder().key(key).build());
            reading::GetBucketNotificationConfigurationOutput::builder()
                .topic_configurations(read)
                .build()
        };
        assert!(merge(found(), before.clone()).is_none());
        let after = own(Provision::new("orders").prefix("other/"));
        let merged = merge(found(), after.clone()).expect("a change");
        assert_eq!(merged.topic_configurations(), [after]);
    }

    #[test]
    fn a_filter_that_is_not_given_stays_and_an_empty_one_goes() {
        let present = own(Provision::new("orders").prefix("data/").suffix(".gz"));
        assert_eq!(changed(Provision::new("orders"), Some(&present)), present);
        let other = changed(Provision::new("orders").prefix("").suffix(".json"), Some(&present));
        assert_eq!(rules(&other), [("suffix".to_owned(), ".json")]);
        assert_eq!(
            changed(Provision::new("orders").prefix("").suffix(""), Some(&present)).filter,
            None
        );
    }

    #[test]
    fn events_that_others_added_stay() {
        let mut present = own(Provision::new("orders"));
        present.events = vec![Event::S3ObjectRemoved, Event::S3ObjectCreatedPut];
        let wanted = changed(Provision::new("orders"), Some(&present));
        assert_eq!(wanted.events, [Event::S3ObjectCreated, Event::S3ObjectRemoved]);
        let mut found = wanted.clone();
        found.events.reverse();
        let found = reading::GetBucketNotificationConfigurationOutput::builder()
            .topic_configurations(found);
        assert!(merge(found.build(), wanted).is_none(), "whatever their order is");
    }

    #[test]
    fn a_bucket_elsewhere_is_a_conflict() {
        let error = region_check("us-west-2").expect_err("a conflict");
        assert!(error.to_string().contains("us-west-2"), "{error}");
        region_check("eu-west-1").expect("the same region");
    }

    fn region_check(found: &str) -> Result<(), ProvisionError> {
        let location = Location::at("eu-west-1");
        check_region("b", Some(found), &location)
    }
}

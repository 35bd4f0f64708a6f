//! What `provision` makes, made twice, beside what others made.

use crate::harness::{Setup, Sink, secs};
use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
    QueueConfiguration, S3KeyFilter,
};
use aws_sdk_sqs::types::QueueAttributeName;
use s3_sqs_processor::provision::Provision;

#[tokio::test]
async fn running_it_twice_changes_nothing_and_spares_what_others_made() {
    let world = Setup::new("twice").make().await;
    let foreign = world
        .sqs
        .create_queue()
        .queue_name(format!("{}-foreign", world.name))
        .send()
        .await
        .unwrap();
    let attributes = world.sqs.get_queue_attributes().queue_url(foreign.queue_url().unwrap());
    let attributes = attributes.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
    let arn = &attributes.attributes().unwrap()[&QueueAttributeName::QueueArn];
    let held = world
        .s3
        .get_bucket_notification_configuration()
        .bucket(&world.bucket)
        .send()
        .await
        .unwrap();
    let rule = FilterRule::builder().name(FilterRuleName::Prefix).value("foreign/").build();
    let filter = NotificationConfigurationFilter::builder()
        .key(S3KeyFilter::builder().filter_rules(rule).build());
    // S3 allows one notification for each key and event.
    let queue =
        QueueConfiguration::builder().id("foreign").queue_arn(arn).events(Event::S3ObjectRemoved);
    let both = NotificationConfiguration::builder()
        .set_topic_configurations(held.topic_configurations)
        .queue_configurations(queue.filter(filter.build()).build().unwrap())
        .build();
    let put = world.s3.put_bucket_notification_configuration().bucket(&world.bucket);
    put.notification_configuration(both).send().await.unwrap();

    let again = Provision::new(&world.name)
        .visibility_timeout(secs(30))
        .apply(&world.config)
        .await
        .unwrap();
    assert!(again.changes().is_empty(), "{:?}", again.changes());
    assert_eq!(again.queues[0].url, world.queue_url());

    // A change of the own notification leaves the other one alone, too.
    let changed = Provision::new(&world.name)
        .prefix("data/")
        .suffix(".json")
        .apply(&world.config)
        .await
        .unwrap();
    assert!(!changed.changes().is_empty());
    let now = world
        .s3
        .get_bucket_notification_configuration()
        .bucket(&world.bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(now.topic_configurations().len(), 1);
    assert_eq!(now.queue_configurations().len(), 1);
    assert_eq!(now.queue_configurations()[0].id(), Some("foreign"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prefix_and_suffix_decide_what_is_announced() {
    let world = Setup::new("filter")
        .with(|provision| provision.prefix("data/").suffix(".json"))
        .make()
        .await;
    for key in ["data/a.gz", "other/a.json", "data/a.json", "data/b.json"] {
        world.put(key, format!("{{\"key\":\"{key}\"}}")).await;
    }
    let sink = Sink::new();
    let stats = world.consume(&sink).finish(2).await;
    sink.assert_each_once(
        ["data/a.json", "data/b.json"].map(|key| format!("{{\"key\":\"{key}\"}}")),
    );
    assert_eq!(stats.messages.received, 2);
    world.assert_all_gone().await;
}

//! From an object to a message.

use aws_sdk_s3::types::{
    BucketVersioningStatus, Event, FilterRule, FilterRuleName, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
    VersioningConfiguration,
};
use serde_json::Value;

use crate::world::{World, code};

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

async fn notify(world: &World, configuration: NotificationConfiguration) -> Result<(), String> {
    let put = world
        .s3
        .put_bucket_notification_configuration()
        .bucket("box")
        .notification_configuration(configuration);
    put.send().await.map(|_| ()).map_err(|error| code(&error.into_service_error()).to_owned())
}

fn to_queue(events: Event) -> aws_sdk_s3::types::builders::QueueConfigurationBuilder {
    QueueConfiguration::builder().queue_arn(queue_arn("q")).events(events)
}

async fn bodies(world: &World) -> Vec<Value> {
    let messages = world.look("q").messages;
    messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
}

#[tokio::test]
async fn events_are_worded_as_aws_words_them() {
    let world = World::new().await;
    world.bucket("box").await;
    world.queue("q").await;
    let both =
        to_queue(Event::S3ObjectCreated).events(Event::from("s3:ObjectRemoved:*")).build().unwrap();
    notify(&world, NotificationConfiguration::builder().queue_configurations(both).build())
        .await
        .unwrap();
    let stored =
        world.s3.get_bucket_notification_configuration().bucket("box").send().await.unwrap();
    assert_eq!(stored.queue_configurations()[0].queue_arn(), queue_arn("q"));
    let etag = world.put("box", "a b/ü+%=!~*(1).gz", "12345").await;
    let enabled =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    world
        .s3
        .put_bucket_versioning()
        .bucket("box")
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    let copy = world
        .s3
        .copy_object()
        .bucket("box")
        .key("k")
        .copy_source("box/a%20b/%C3%BC%2B%25%3D%21~%2A%281%29.gz");
    let copy = copy.send().await.unwrap();
    let removed = world.s3.delete_object().bucket("box").key("k").send().await.unwrap();
    let version = copy.version_id.unwrap();
    world.s3.delete_object().bucket("box").key("k").version_id(&version).send().await.unwrap();

    let bodies = bodies(&world).await;
    assert_eq!(bodies[0]["Event"], "s3:TestEvent");
    assert_eq!(bodies[0]["Bucket"], "box");
    let names: Vec<_> =
        bodies[1..].iter().map(|body| body["Records"][0]["eventName"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "ObjectCreated:Put",
            "ObjectCreated:Copy",
            "ObjectRemoved:DeleteMarkerCreated",
            "ObjectRemoved:Delete"
        ]
    );
    let object = |at: usize| &bodies[at]["Records"][0]["s3"]["object"];
    assert_eq!(object(1)["key"], "a+b/%C3%BC%2B%25%3D%21%7E*%281%29.gz");
    assert_eq!(object(1)["size"], 5);
    assert_eq!(object(1)["eTag"], etag.trim_matches('"'));
    assert_eq!(object(1).get("versionId"), None);
    assert_eq!(object(2)["versionId"], version);
    assert_eq!(object(3)["versionId"], removed.version_id.unwrap());
    assert_eq!(object(4)["versionId"], version);
    assert_eq!(object(4).get("size"), None);
    assert_eq!(bodies[1]["Records"][0]["s3"]["bucket"]["name"], "box");
    assert_eq!(bodies[1]["Records"][0]["eventVersion"], "2.1");
    let sequencers: Vec<_> = (1..5).map(|at| object(at)["sequencer"].as_str().unwrap()).collect();
    assert!(sequencers.is_sorted_by(|one, next| one < next), "{sequencers:?}");
}

#[tokio::test]
async fn filters_choose_keys() {
    let world = World::new().await;
    world.bucket("box").await;
    world.queue("q").await;
    let rule = |name, value: &str| FilterRule::builder().name(name).value(value).build();
    let key = S3KeyFilter::builder()
        .filter_rules(rule(FilterRuleName::Prefix, "in/"))
        .filter_rules(rule(FilterRuleName::Suffix, ".gz"));
    let filter = NotificationConfigurationFilter::builder().key(key.build()).build();
    let puts = to_queue(Event::S3ObjectCreatedPut).filter(filter).build().unwrap();
    notify(&world, NotificationConfiguration::builder().queue_configurations(puts).build())
        .await
        .unwrap();
    for key in ["in/a.gz", "in/a.txt", "out/a.gz"] {
        world.put("box", key, "x").await;
    }
    world
        .s3
        .copy_object()
        .bucket("box")
        .key("in/b.gz")
        .copy_source("box/in/a.gz")
        .send()
        .await
        .unwrap();
    let bodies = bodies(&world).await;
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[1]["Records"][0]["s3"]["object"]["key"], "in/a.gz");
}

#[tokio::test]
async fn a_topic_passes_events_on() {
    let world = World::new().await;
    world.bucket("box").await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    for (name, raw) in [("q", "false"), ("raw", "true")] {
        world.queue(name).await;
        let subscribe =
            world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn(name));
        subscribe.attributes("RawMessageDelivery", raw).send().await.unwrap();
    }
    let all = TopicConfiguration::builder()
        .topic_arn(&topic)
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    notify(&world, NotificationConfiguration::builder().topic_configurations(all).build())
        .await
        .unwrap();
    world.put("box", "k", "x").await;
    let envelopes = bodies(&world).await;
    assert_eq!(envelopes.len(), 2);
    assert_eq!(envelopes[1]["Type"], "Notification");
    assert_eq!(envelopes[1]["Subject"], "Amazon S3 Notification");
    let inner: Value = serde_json::from_str(envelopes[1]["Message"].as_str().unwrap()).unwrap();
    assert_eq!(inner["Records"][0]["s3"]["object"]["key"], "k");
    let raw = world.look("raw");
    let raw: Value = serde_json::from_str(&raw.messages[1].body).unwrap();
    assert_eq!(raw, inner);
}

#[tokio::test]
async fn destinations_must_exist() {
    let world = World::new().await;
    world.bucket("box").await;
    let all = to_queue(Event::S3ObjectCreated).build().unwrap();
    let error =
        notify(&world, NotificationConfiguration::builder().queue_configurations(all).build())
            .await;
    assert_eq!(error.unwrap_err(), "InvalidArgument");
}

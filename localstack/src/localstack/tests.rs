use crate::server::notice;
use crate::{Backend, BackendKind};
use std::error::Error;
use std::time::Instant;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// The whole way once: start, bucket to topic to queue, end with nothing left.
#[tokio::test]
async fn localstack_starts_delivers_and_leaves_nothing() -> Result<(), Box<dyn Error>> {
    use aws_sdk_s3::types::{Event, NotificationConfiguration, TopicConfiguration};
    use aws_sdk_sqs::types::QueueAttributeName::{Policy, QueueArn};

    let begun = Instant::now();
    let backend = Backend::start(BackendKind::LocalStack).await?;
    notice(format_args!(
        "LocalStack answers at {} after {:.1?}",
        backend.endpoint_url(),
        begun.elapsed()
    ));
    let config = backend.sdk_config().await;
    let (s3, sqs, sns) = (Backend::s3(&config), Backend::sqs(&config), Backend::sns(&config));

    s3.create_bucket().bucket("bucket").send().await?;
    let topic = sns.create_topic().name("topic").send().await?.topic_arn.ok_or("no ARN")?;
    let queue = sqs.create_queue().queue_name("queue").attributes(Policy, POLICY).send().await?;
    let queue = queue.queue_url.ok_or("no URL")?;
    assert_eq!(queue, format!("{}/queue/us-east-1/000000000000/queue", backend.endpoint_url()));
    let attributes =
        sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueArn).send().await?;
    let arn = attributes.attributes().and_then(|all| all.get(&QueueArn)).ok_or("no ARN")?;
    sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn).send().await?;
    let events =
        TopicConfiguration::builder().topic_arn(&topic).events(Event::S3ObjectCreated).build()?;
    let events = NotificationConfiguration::builder().topic_configurations(events).build();
    s3.put_bucket_notification_configuration()
        .bucket("bucket")
        .notification_configuration(events)
        .send()
        .await?;
    s3.put_object().bucket("bucket").key("key").body(b"{}".to_vec().into()).send().await?;

    // The first message is the test event of the notification configuration.
    let mut bodies = String::new();
    while !bodies.contains("ObjectCreated:Put") {
        let received = sqs.receive_message().queue_url(&queue).wait_time_seconds(10).send().await?;
        assert!(!received.messages().is_empty(), "no notification within 10 s; so far: {bodies}");
        bodies.extend(received.messages().iter().filter_map(|message| message.body()));
    }

    let port = backend.endpoint_url().rsplit(':').next().ok_or("no port")?.to_owned();
    backend.stop().await;
    assert!(
        std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err(),
        "the server still listens"
    );
    Ok(())
}

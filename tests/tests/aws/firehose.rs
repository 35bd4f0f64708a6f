//! A producer, Firehose, and all that follows.

use crate::harness::{Counts, Setup, Sink, eventually, records};
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::{
    BufferingHints, CompressionFormat, DeliveryStreamStatus, DeliveryStreamType,
    EncryptionConfiguration, ExtendedS3DestinationConfiguration, Record,
};
use local_aws::BackendKind;

/// LocalStack neither buffers nor compresses: one object per request, records one after the other.
/// ministack makes one object per record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_to_firehose_is_processed() {
    if crate::harness::lacks("Firehose", &[BackendKind::Embedded]) {
        return;
    }
    let world = Setup::new("firehose").make().await;
    let firehose = aws_sdk_firehose::Client::new(&world.config);
    let destination = ExtendedS3DestinationConfiguration::builder()
        .role_arn("arn:aws:iam::000000000000:role/firehose")
        .bucket_arn(format!("arn:aws:s3:::{}", world.bucket))
        .prefix("stream/")
        .compression_format(CompressionFormat::Uncompressed)
        .buffering_hints(BufferingHints::builder().interval_in_seconds(0).size_in_mbs(1).build())
        .encryption_configuration(
            EncryptionConfiguration::builder().no_encryption_config("NoEncryption".into()).build(),
        );
    let stream = &world.name;
    let request = firehose.create_delivery_stream().delivery_stream_name(stream);
    let request = request.delivery_stream_type(DeliveryStreamType::DirectPut);
    let request = request.extended_s3_destination_configuration(destination.build().unwrap());
    Box::pin(request.send()).await.unwrap();
    eventually("the stream is active", async || {
        let described =
            firehose.describe_delivery_stream().delivery_stream_name(stream).send().await.unwrap();
        let status = described.delivery_stream_description?.delivery_stream_status;
        (status == DeliveryStreamStatus::Active).then_some(())
    })
    .await;

    let all = records("record", 7);
    let record =
        |text: &String| Record::builder().data(Blob::new(text.as_bytes())).build().unwrap();
    let batch = firehose.put_record_batch().delivery_stream_name(stream);
    let batch =
        batch.set_records(Some(all[..6].iter().map(record).collect())).send().await.unwrap();
    assert_eq!(batch.failed_put_count, 0);
    firehose
        .put_record()
        .delivery_stream_name(stream)
        .record(record(&all[6]))
        .send()
        .await
        .unwrap();

    let sink = Sink::new();
    let consumer = world.consume(&sink);
    sink.until(all.len()).await;
    eventually("an empty queue", async || {
        (world.counts(world.queue_url()).await == Counts::EMPTY).then_some(())
    })
    .await;
    let stats = consumer.stop().await;
    sink.assert_each_once(all);
    assert!(sink.seen().iter().all(|seen| seen.key.starts_with("stream/")));
    assert_eq!(stats.messages.deleted, stats.messages.received);
    world.assert_all_gone().await;
}

//! The limits of the services, each with the status and the code of what is beyond.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use aws_sdk_sns::types::PublishBatchRequestEntry as PublishEntry;
use aws_sdk_sqs::types::{
    MessageAttributeValue as Value, QueueAttributeName as Attribute,
    SendMessageBatchRequestEntry as SendEntry,
};

use crate::world::World;

/// `done`, or the status and the code of the error.
fn outcome<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E, HttpResponse>>) -> String {
    result.map_or_else(
        |error| {
            let status = error.raw_response().map_or(0, |response| response.status().as_u16());
            format!("{status} {}", error.code().unwrap_or("no code"))
        },
        |_| "done".into(),
    )
}

const DONE: &str = "done";
const BAD_VALUE: &str = "400 InvalidParameterValue";
const BAD_PARAMETER: &str = "400 InvalidParameter";

#[tokio::test]
async fn numbers_of_a_queue_have_bounds() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let receive = || world.sqs.receive_message().queue_url(&url);
    for (request, expected) in [
        (receive().max_number_of_messages(0), BAD_VALUE),
        (receive().max_number_of_messages(1), DONE),
        (receive().max_number_of_messages(10), DONE),
        (receive().max_number_of_messages(11), BAD_VALUE),
        (receive().wait_time_seconds(-1), BAD_VALUE),
        (receive().wait_time_seconds(21), BAD_VALUE),
        (receive().visibility_timeout(-1), BAD_VALUE),
        (receive().visibility_timeout(43_200), DONE),
        (receive().visibility_timeout(43_201), BAD_VALUE),
    ] {
        assert_eq!(outcome(request.clone().send().await), expected, "{request:?}");
    }
    for (seconds, expected) in [(-1, BAD_VALUE), (0, DONE), (900, DONE), (901, BAD_VALUE)] {
        let send =
            world.sqs.send_message().queue_url(&url).message_body("m").delay_seconds(seconds);
        assert_eq!(outcome(send.send().await), expected, "{seconds}");
    }
    for (name, value, good) in [
        (Attribute::VisibilityTimeout, "43200", true),
        (Attribute::VisibilityTimeout, "43201", false),
        (Attribute::DelaySeconds, "900", true),
        (Attribute::DelaySeconds, "901", false),
        (Attribute::ReceiveMessageWaitTimeSeconds, "20", true),
        (Attribute::ReceiveMessageWaitTimeSeconds, "21", false),
        (Attribute::MaximumMessageSize, "1048576", true),
        (Attribute::MaximumMessageSize, "1048577", false),
        (Attribute::MaximumMessageSize, "1023", false),
        (Attribute::MessageRetentionPeriod, "59", false),
        (Attribute::MessageRetentionPeriod, "1209600", true),
        (Attribute::MessageRetentionPeriod, "1209601", false),
    ] {
        let set = world
            .sqs
            .set_queue_attributes()
            .queue_url(&url)
            .attributes(name.clone(), value)
            .send()
            .await;
        assert_eq!(
            outcome(set),
            if good { DONE } else { "400 InvalidAttributeValue" },
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn messages_have_a_size() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let send =
        |bytes: usize| world.sqs.send_message().queue_url(&url).message_body("x".repeat(bytes));
    assert_eq!(outcome(send(1_048_576).send().await), DONE);
    assert_eq!(outcome(send(1_048_577).send().await), BAD_VALUE);
    // Names, types and values of attributes count too: 1 + 6 + 1.
    let attribute = Value::builder().data_type("String").string_value("v").build().unwrap();
    let with = |bytes| send(bytes).message_attributes("n", attribute.clone()).send();
    assert_eq!(outcome(with(1_048_568).await), DONE);
    assert_eq!(outcome(with(1_048_569).await), BAD_VALUE);
    assert_eq!(outcome(send(0).send().await), "400 MissingParameter");
    let batch = |sizes: [usize; 2]| {
        let entry = |(id, bytes): (usize, usize)| {
            SendEntry::builder().id(id.to_string()).message_body("x".repeat(bytes)).build().unwrap()
        };
        let entries = sizes.into_iter().enumerate().map(entry).collect();
        world.sqs.send_message_batch().queue_url(&url).set_entries(Some(entries)).send()
    };
    assert_eq!(outcome(batch([1_048_575, 1]).await), DONE);
    assert_eq!(
        outcome(batch([1_048_575, 2]).await),
        "400 AWS.SimpleQueueService.BatchRequestTooLong"
    );
    for (text, expected) in
        [("a\t\n\r z\u{fffd}\u{10ffff}", DONE), ("\u{b}", "400 InvalidMessageContents")]
    {
        let send = world.sqs.send_message().queue_url(&url).message_body(text).send().await;
        assert_eq!(outcome(send), expected, "{text:?}");
    }
}

#[tokio::test]
async fn attributes_of_messages_have_rules() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let value = |kind: &str, text: &str| {
        Value::builder().data_type(kind).string_value(text).build().unwrap()
    };
    for (name, value, expected) in [
        ("a.b-c_D9", value("String", "v"), DONE),
        ("n", value("Number.int", "-1.5e3"), DONE),
        ("n", value("Number", "one"), BAD_VALUE),
        ("n", value("Text", "v"), BAD_VALUE),
        ("n", value("String", ""), BAD_VALUE),
        ("n", value("Binary", "v"), BAD_VALUE),
        ("a b", value("String", "v"), BAD_VALUE),
        (".a", value("String", "v"), BAD_VALUE),
        ("a..b", value("String", "v"), BAD_VALUE),
        ("AWS.a", value("String", "v"), BAD_VALUE),
    ] {
        let send = world
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body("m")
            .message_attributes(name, value.clone());
        assert_eq!(outcome(send.send().await), expected, "{name} {value:?}");
    }
    for (count, expected) in [(10, DONE), (11, BAD_VALUE)] {
        let attributes = (0..count).map(|n| (format!("a{n}"), value("String", "v"))).collect();
        let send = world
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body("m")
            .set_message_attributes(Some(attributes));
        assert_eq!(outcome(send.send().await), expected, "{count}");
    }
}

#[tokio::test]
async fn entries_of_a_sent_batch_fail_by_themselves() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let entry = |id: &str, body: &str| SendEntry::builder().id(id).message_body(body);
    let batch =
        world.sqs.send_message_batch().queue_url(&url).entries(entry("good", "m").build().unwrap());
    let batch = batch.entries(entry("bad", "\u{1}").build().unwrap());
    let batch = batch.entries(entry("late", "m").delay_seconds(901).build().unwrap());
    let outcome = batch.send().await.unwrap();
    assert_eq!(outcome.successful()[0].id(), "good");
    let failed: Vec<_> =
        outcome.failed().iter().map(|one| (one.id(), one.code(), one.sender_fault())).collect();
    assert_eq!(
        failed,
        [("bad", "InvalidMessageContents", true), ("late", "InvalidParameterValue", true)]
    );
    assert_eq!(world.counts("q"), [1, 0, 0]);
}

#[tokio::test]
async fn notices_have_a_size_that_their_topic_sets() {
    let world = World::new().await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    let publish = |bytes: usize| world.sns.publish().topic_arn(&topic).message("x".repeat(bytes));
    assert_eq!(outcome(publish(262_144).send().await), DONE);
    assert_eq!(outcome(publish(262_145).send().await), BAD_PARAMETER);
    assert_eq!(outcome(publish(0).send().await), BAD_PARAMETER);
    let limit = |bytes: &str| {
        let set =
            world.sns.set_topic_attributes().topic_arn(&topic).attribute_name("MaximumMessageSize");
        set.attribute_value(bytes).send()
    };
    assert_eq!(outcome(limit("1023").await), BAD_PARAMETER);
    assert_eq!(outcome(limit("1048577").await), BAD_PARAMETER);
    assert_eq!(outcome(limit("1048576").await), DONE);
    assert_eq!(outcome(publish(1_048_576).send().await), DONE);
    assert_eq!(outcome(publish(1_048_577).send().await), BAD_PARAMETER);
    for (subject, expected) in
        [("x".repeat(100), DONE), ("x".repeat(101), BAD_PARAMETER), ("a\nb".into(), BAD_PARAMETER)]
    {
        assert_eq!(outcome(publish(1).subject(subject).send().await), expected);
    }
}

#[tokio::test]
async fn a_batch_for_a_topic_has_one_to_ten_entries_with_ids_of_their_own() {
    let world = World::new().await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    let batch = |entries: Vec<(String, usize)>| {
        let entry = |(id, bytes): (String, usize)| {
            PublishEntry::builder().id(id).message("x".repeat(bytes)).build()
        };
        let entries = entries.into_iter().map(|one| entry(one).unwrap()).collect();
        world
            .sns
            .publish_batch()
            .topic_arn(&topic)
            .set_publish_batch_request_entries(Some(entries))
            .send()
    };
    let many = |count: usize| (0..count).map(|id| (id.to_string(), 1)).collect::<Vec<_>>();
    for (entries, expected) in [
        (many(0), "400 EmptyBatchRequest"),
        (many(10), DONE),
        (many(11), "400 TooManyEntriesInBatchRequest"),
        (vec![("a".into(), 1), ("a".into(), 1)], "400 BatchEntryIdsNotDistinct"),
        (vec![("a b".into(), 1)], "400 InvalidBatchEntryId"),
        (vec![("x".repeat(81), 1)], "400 InvalidBatchEntryId"),
        (vec![("a".into(), 262_143), ("b".into(), 1)], DONE),
        (vec![("a".into(), 262_143), ("b".into(), 2)], "400 BatchRequestTooLong"),
    ] {
        assert_eq!(outcome(batch(entries).await), expected);
    }
    let outcome = batch(vec![("good".into(), 1), ("empty".into(), 0)]).await.unwrap();
    assert!(outcome.successful()[0].message_id().is_some());
    let failed = &outcome.failed()[0];
    assert_eq!(
        (failed.id(), failed.code(), failed.sender_fault()),
        ("empty", "InvalidParameter", true)
    );
}

#[tokio::test]
async fn keys_and_metadata_have_a_size() {
    let world = World::new().await;
    world.bucket("box").await;
    let put = |key: &str| world.s3.put_object().bucket("box").key(key).body(b"x".to_vec().into());
    assert_eq!(outcome(put(&"ü".repeat(512)).send().await), DONE);
    assert_eq!(outcome(put(&"k".repeat(1025)).send().await), "400 KeyTooLongError");
    assert_eq!(outcome(put("k").metadata("name", "x".repeat(2044)).send().await), DONE);
    assert_eq!(
        outcome(put("k").metadata("name", "x".repeat(2045)).send().await),
        "400 MetadataTooLarge"
    );
    let create = world
        .s3
        .create_multipart_upload()
        .bucket("box")
        .key("k")
        .metadata("name", "x".repeat(2045));
    assert_eq!(outcome(create.send().await), "400 MetadataTooLarge");
}

#[tokio::test]
async fn parts_have_a_least_size_but_for_the_last() {
    let world = World::new().await;
    world.bucket("box").await;
    for (first, expected) in [(5 << 20, DONE), ((5 << 20) - 1, "400 EntityTooSmall")] {
        let id = world
            .s3
            .create_multipart_upload()
            .bucket("box")
            .key("k")
            .send()
            .await
            .unwrap()
            .upload_id
            .unwrap();
        let mut parts = CompletedMultipartUpload::builder();
        for (number, bytes) in [(1, first), (2, 1)] {
            let part =
                world.s3.upload_part().bucket("box").key("k").upload_id(&id).part_number(number);
            let tag = part.body(vec![b'x'; bytes].into()).send().await.unwrap().e_tag;
            parts =
                parts.parts(CompletedPart::builder().part_number(number).set_e_tag(tag).build());
        }
        let complete = world.s3.complete_multipart_upload().bucket("box").key("k").upload_id(&id);
        assert_eq!(outcome(complete.multipart_upload(parts.build()).send().await), expected);
    }
}

#[tokio::test]
async fn a_thousand_keys_are_deleted_at_once() {
    let world = World::new().await;
    world.bucket("box").await;
    for (count, expected) in [(1000, DONE), (1001, "400 MalformedXML")] {
        let keys =
            (0..count).map(|key| ObjectIdentifier::builder().key(key.to_string()).build().unwrap());
        let delete = Delete::builder().set_objects(Some(keys.collect())).build().unwrap();
        assert_eq!(
            outcome(world.s3.delete_objects().bucket("box").delete(delete).send().await),
            expected
        );
    }
}

#[tokio::test]
async fn a_range_that_is_none_is_ignored() {
    let world = World::new().await;
    world.bucket("box").await;
    world.put("box", "k", "0123456789").await;
    world.put("box", "empty", "").await;
    for range in ["bytes=5-2", "bytes=0-1,3-4", "bytes=a-b", "lines=1-2"] {
        let got = world.s3.get_object().bucket("box").key("k").range(range).send().await.unwrap();
        assert_eq!((got.content_range(), got.content_length()), (None, Some(10)), "{range}");
    }
    let got =
        world.s3.get_object().bucket("box").key("empty").range("bytes=-5").send().await.unwrap();
    assert_eq!((got.content_range(), got.content_length()), (None, Some(0)));
    let got = world.s3.get_object().bucket("box").key("empty").range("bytes=0-").send().await;
    assert_eq!(outcome(got), "416 InvalidRange");
}

//! What messages hold beside the one announced object.

use crate::harness::{
    Consumer, Counts, Setup, Sink, entry, eventually, logged, ndjson, notification, records, secs,
};
use aws_sdk_sqs::types::MessageAttributeValue;
use s3_sqs_processor::{OwnedRecord, from_fn, provision::Provision};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// So that nothing but what the test sends is on the queue.
fn announces_nothing(provision: Provision) -> Provision {
    provision.prefix("announced/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_02_test_events_are_deleted() {
    for raw in [false, true] {
        let setup = Setup::new("test-event")
            .keep_test_events()
            .with(|provision| provision.raw_delivery(raw));
        let world = setup.make().await;
        let sink = Sink::new();
        let stats = world.consume(&sink).finish(1).await;
        assert_eq!(
            (stats.messages.without_objects, stats.messages.deleted, stats.objects.opened),
            (1, 1, 0)
        );
        assert_eq!(stats.messages.unreadable, 0);
        world.assert_all_gone().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_04_every_entry_of_a_message_is_processed_before_it_is_deleted() {
    let world = Setup::new("entries").visibility(3).with(announces_nothing).make().await;
    let (mut all, mut entries) = (Vec::new(), Vec::new());
    for file in ["a", "b", "c"] {
        let records = records(file, 2);
        world.put(file, ndjson(&records)).await;
        entries.push(entry(&world.bucket, file));
        all.extend(records);
    }
    world.send(&notification(entries)).await;

    // The second entry's fails at first: the third's success does not delete the message.
    let sink = Sink::failing(|seen| seen.key == "b" && seen.receive_count == 1);
    let stats = world.consume(&sink).finish(1).await;
    let mut twice = [all.clone(), all].concat();
    twice.sort_unstable();
    assert_eq!(sink.payloads(), twice);
    assert_eq!(
        (stats.messages.received, stats.messages.released, stats.messages.deleted),
        (2, 1, 1)
    );
    assert_eq!((stats.objects.opened, stats.objects.done, stats.objects.failed), (6, 5, 1));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_05_messages_with_nothing_to_do_are_deleted() {
    let world = Setup::new("nothing").with(announces_nothing).make().await;
    let mut removed = entry(&world.bucket, "gone");
    removed["eventName"] = json!("ObjectRemoved:Delete");
    world.send(&notification([removed])).await;
    world.send(&notification([])).await;

    let stats = world.consume(&Sink::new()).finish(2).await;
    assert_eq!(
        (stats.messages.without_objects, stats.messages.received, stats.objects.opened),
        (2, 2, 0)
    );
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_05_bodies_that_are_no_notifications_stay_and_end_in_the_dead_letter_queue() {
    let world =
        Setup::new("unreadable").visibility(3).max_receives(1).with(announces_nothing).make().await;
    let confirmation = json!({
        "Type": "SubscriptionConfirmation", "MessageId": "1", "Token": "t",
        "TopicArn": "arn:aws:sns:us-east-1:0:t",
        "Message": "You have chosen to subscribe", "SubscribeURL": "http://127.0.0.1/",
    });
    let mut strange = entry(&world.bucket, "file");
    strange["eventVersion"] = json!("9.0");
    let mut bodies = vec![
        "hello".to_owned(),
        r#"{"some":"JSON"}"#.to_owned(),
        confirmation.to_string(),
        notification([strange]),
        notification([json!({"eventVersion": "2.1", "eventName": "ObjectCreated:Put", "s3": {}})]),
    ];
    let mut ids = Vec::new();
    for body in &bodies {
        ids.push(world.send(body).await);
    }

    let sink = Sink::new();
    let consumer = Consumer::start(world.pipeline().processor("sink", sink.clone()));
    let url = world.dead_letter_url();
    eventually("dead letters", async || (world.counts(url).await.visible == 5).then_some(())).await;
    let stats = consumer.stop().await;

    assert_eq!(
        (stats.messages.unreadable, stats.messages.deleted, stats.messages.released),
        (5, 0, 0)
    );
    assert_eq!((sink.count(), stats.objects.opened), (0, 0));
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
    for id in ids {
        let lines = logged(&["WARN", &id]);
        assert_eq!(lines.len(), 1, "one clear message: {lines:#?}");
        assert!(lines[0].contains("redrive policy"), "{lines:?}");
    }
    let mut letters = world.dead_letters(5).await;
    letters.sort_unstable();
    bodies.sort_unstable();
    assert_eq!(letters, bodies, "as they were sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_tells_of_its_message_and_of_what_s3_holds_of_its_object() {
    let world = Setup::new("details").with(announces_nothing).make().await;
    let put = world.s3.put_object().bucket(&world.bucket).key("file").metadata("source", "meter 7");
    put.content_type("application/x-ndjson").body(b"{}".to_vec().into()).send().await.unwrap();
    let text = MessageAttributeValue::builder().data_type("String").string_value("blue").build();
    let send = world.sqs.send_message().queue_url(world.queue_url());
    let send = send.message_body(notification(vec![entry(&world.bucket, "file")]));
    send.message_attributes("tenant", text.unwrap()).send().await.unwrap();

    let seen = Arc::<Mutex<Vec<OwnedRecord>>>::default();
    let log = Arc::clone(&seen);
    let keep = from_fn(move |record: OwnedRecord, _cx| {
        log.lock().unwrap().push(record);
        async { Ok(()) }
    });
    let consumer = Consumer::start(world.pipeline().processor("keep", keep));
    consumer.finish(1).await;
    let seen = seen.lock().unwrap();
    let object = seen[0].object();
    let message = object.message().unwrap();
    assert!(!message.id().is_empty());
    let [sent, received] = [message.sent_at(), message.first_received_at()].map(Option::unwrap);
    assert!(sent <= received, "{message:?}");
    assert_eq!(message.attribute("tenant"), Some("blue"));
    assert_eq!(object.content_type(), Some("application/x-ndjson"));
    assert_eq!(object.metadata("source"), Some("meter 7"));
    // A clock of whole seconds, and another one.
    let ago = object.last_modified().unwrap().elapsed().unwrap_or_default();
    assert!(ago < secs(600), "{ago:?}");
}

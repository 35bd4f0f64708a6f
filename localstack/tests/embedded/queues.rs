use std::time::Duration;

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry as DeleteEntry, MessageAttributeValue,
    MessageSystemAttributeName as System, QueueAttributeName as Attribute,
    SendMessageBatchRequestEntry as SendEntry,
};
use local_aws::{Backend, BackendKind, Fault, FaultPlan, MessageState};

use crate::world::{World, code, receipt, until};

#[tokio::test]
async fn queues_are_made_found_and_removed() {
    let world = World::new().await;
    let url = world.queue("one").await;
    assert_eq!(url, format!("{}/000000000000/one", world.aws().endpoint_url()));
    assert_eq!(world.queue("one").await, url);
    let other =
        world.sqs.create_queue().queue_name("one").attributes(Attribute::VisibilityTimeout, "31");
    assert_eq!(code(&other.send().await.unwrap_err().into_service_error()), "QueueAlreadyExists");
    assert_eq!(
        world.sqs.get_queue_url().queue_name("one").send().await.unwrap().queue_url,
        Some(url.clone())
    );
    let all = world
        .sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(Attribute::All)
        .send()
        .await
        .unwrap();
    let all = all.attributes.unwrap();
    assert_eq!(all[&Attribute::QueueArn], "arn:aws:sqs:us-east-1:000000000000:one");
    assert_eq!(all[&Attribute::VisibilityTimeout], "30");
    assert_eq!(all[&Attribute::ApproximateNumberOfMessages], "0");
    let set = world
        .sqs
        .set_queue_attributes()
        .queue_url(&url)
        .attributes(Attribute::VisibilityTimeout, "5");
    set.send().await.unwrap();
    let set = world
        .sqs
        .set_queue_attributes()
        .queue_url(&url)
        .attributes(Attribute::VisibilityTimeout, "43201");
    assert!(set.send().await.unwrap_err().into_service_error().is_invalid_attribute_value());
    let get = world
        .sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(Attribute::VisibilityTimeout);
    assert_eq!(get.send().await.unwrap().attributes.unwrap()[&Attribute::VisibilityTimeout], "5");
    world.queue("other").await;
    let list = world.sqs.list_queues().queue_name_prefix("on").send().await.unwrap();
    assert_eq!(list.queue_urls(), std::slice::from_ref(&url));
    world.sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let error = world.receive(&url).send().await.unwrap_err().into_service_error();
    assert!(error.is_queue_does_not_exist());
    assert_eq!(code(&error), "AWS.SimpleQueueService.NonExistentQueue");
    let error =
        world.sqs.get_queue_url().queue_name("one").send().await.unwrap_err().into_service_error();
    assert!(error.is_queue_does_not_exist());
}

#[tokio::test]
async fn a_message_is_hidden_then_deleted() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let attribute =
        MessageAttributeValue::builder().data_type("String").string_value("v").build().unwrap();
    let send = world
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("hello")
        .message_attributes("n", attribute);
    let sent = send.send().await.unwrap();
    assert_eq!(sent.md5_of_message_body.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(world.counts("q"), [1, 0, 0]);
    let received =
        world.receive(&url).message_attribute_names("All").send().await.unwrap().messages.unwrap();
    let message = &received[0];
    assert_eq!((message.body(), message.message_id()), (Some("hello"), sent.message_id()));
    assert_eq!(message.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(message.message_attributes().unwrap()["n"].string_value(), Some("v"));
    let attributes = message.attributes().unwrap();
    assert_eq!(attributes[&System::ApproximateReceiveCount], "1");
    assert_eq!(attributes[&System::SenderId], "000000000000");
    assert!(attributes.contains_key(&System::SentTimestamp));
    assert!(attributes.contains_key(&System::ApproximateFirstReceiveTimestamp));
    assert_eq!(world.counts("q"), [0, 1, 0]);
    assert!(world.receive_now(&url).await.is_empty());
    let delete = world.sqs.delete_message().queue_url(&url).receipt_handle(receipt(message));
    delete.clone().send().await.unwrap();
    assert!(world.look("q").is_empty());
    delete.send().await.unwrap();
}

#[tokio::test]
async fn a_message_returns_when_its_timeout_ends() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let first = world.receive_one(&url).await;
    world.aws().advance(Duration::from_secs(29));
    assert_eq!(world.counts("q"), [0, 1, 0]);
    world.aws().advance(Duration::from_secs(1));
    assert_eq!(world.counts("q"), [1, 0, 0]);
    let second = world.receive_one(&url).await;
    assert_eq!(second.attributes().unwrap()[&System::ApproximateReceiveCount], "2");
    assert_eq!(first.message_id(), second.message_id());
    assert_ne!(receipt(&first), receipt(&second));
    let message = &world.look("q").messages[0];
    assert_eq!((message.receive_count, message.state), (2, MessageState::InFlight));
}

#[tokio::test]
async fn a_delayed_message_comes_later() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("m")
        .delay_seconds(60)
        .send()
        .await
        .unwrap();
    assert_eq!(world.counts("q"), [0, 0, 1]);
    assert!(world.receive_now(&url).await.is_empty());
    world.aws().advance(Duration::from_secs(60));
    world.receive_one(&url).await;
    let send = world.sqs.send_message().queue_url(&url).message_body("m").delay_seconds(901);
    assert_eq!(code(&send.send().await.unwrap_err().into_service_error()), "InvalidParameterValue");
}

#[tokio::test]
async fn a_long_poll_wakes_on_arrival_on_return_and_at_its_end() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let waiting = world.poll(&world.sqs, &url).await;
    world.send(&url, "m").await;
    let message = waiting.await.unwrap().remove(0);

    // Returned by a change of its visibility.
    let waiting = world.poll(&world.sqs, &url).await;
    let release =
        world.sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt(&message));
    release.visibility_timeout(0).send().await.unwrap();
    assert_eq!(waiting.await.unwrap().len(), 1);

    // Returned by the end of its timeout, in the middle of the wait.
    world.aws().advance(Duration::from_secs(20));
    let waiting = world.poll(&world.sqs, &url).await;
    world.aws().advance(Duration::from_secs(10));
    let message = waiting.await.unwrap().remove(0);

    let delete = world.sqs.delete_message().queue_url(&url).receipt_handle(receipt(&message));
    delete.send().await.unwrap();
    let waiting = world.poll(&world.sqs, &url).await;
    world.aws().advance(Duration::from_secs(20));
    assert!(waiting.await.unwrap().is_empty());
}

#[tokio::test]
async fn an_abandoned_long_poll_takes_nothing() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let waiting = world.poll(&world.sqs, &url).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    until(|| world.look("q").waiting == 0).await;
    world.send(&url, "m").await;
    assert_eq!(world.counts("q"), [1, 0, 0]);
    world.receive_one(&url).await;
}

#[tokio::test]
async fn too_many_receives_lead_to_the_dead_letter_queue() {
    let world = World::new().await;
    let dead = world.queue("dead").await;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead",
        "maxReceiveCount":"2"}"#;
    let url = world.queue_with("q", &[(Attribute::RedrivePolicy, policy)]).await;
    world.send(&url, "m").await;
    for _ in 0..2 {
        assert_eq!(
            world.receive(&url).visibility_timeout(0).send().await.unwrap().messages().len(),
            1
        );
    }
    assert_eq!((world.counts("q"), world.counts("dead")), ([1, 0, 0], [0, 0, 0]));
    assert!(world.receive_now(&url).await.is_empty());
    assert_eq!((world.counts("q"), world.counts("dead")), ([0, 0, 0], [1, 0, 0]));
    let message = world.receive_one(&dead).await;
    let attributes = message.attributes().unwrap();
    assert_eq!(
        attributes[&System::DeadLetterQueueSourceArn],
        "arn:aws:sqs:us-east-1:000000000000:q"
    );
    let sources = world.sqs.list_dead_letter_source_queues().queue_url(&dead).send().await.unwrap();
    assert_eq!(sources.queue_urls(), [url]);
    let policy =
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:none","maxReceiveCount":2}"#;
    let create =
        world.sqs.create_queue().queue_name("r").attributes(Attribute::RedrivePolicy, policy);
    assert_eq!(
        code(&create.send().await.unwrap_err().into_service_error()),
        "InvalidParameterValue"
    );
}

#[tokio::test]
async fn a_duplicate_is_delivered_beside_the_first() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.aws().inject(FaultPlan::new("ReceiveMessage", Fault::Duplicate).times(1));
    world.send(&url, "m").await;
    let (first, second) = (world.receive_one(&url).await, world.receive_one(&url).await);
    assert_eq!(first.message_id(), second.message_id());
    assert_ne!(receipt(&first), receipt(&second));
    for message in [first, second] {
        let extend =
            world.sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt(&message));
        extend.visibility_timeout(60).send().await.unwrap();
        world
            .sqs
            .delete_message()
            .queue_url(&url)
            .receipt_handle(receipt(&message))
            .send()
            .await
            .unwrap();
    }
    assert!(world.look("q").is_empty());
}

#[tokio::test]
async fn a_batch_has_one_to_ten_entries_with_ids_of_their_own() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let batch = |ids: Vec<String>| {
        let entries = ids
            .into_iter()
            .map(|id| SendEntry::builder().id(id).message_body("m").build().unwrap());
        world.sqs.send_message_batch().queue_url(&url).set_entries(Some(entries.collect())).send()
    };
    let error = batch(vec![]).await.unwrap_err().into_service_error();
    assert!(error.is_empty_batch_request(), "{error:?}");
    let error =
        batch((0..11).map(|n| n.to_string()).collect()).await.unwrap_err().into_service_error();
    assert!(error.is_too_many_entries_in_batch_request());
    let error = batch(vec!["a".into(), "a".into()]).await.unwrap_err().into_service_error();
    assert!(error.is_batch_entry_ids_not_distinct());
    let error = batch(vec!["a b".into()]).await.unwrap_err().into_service_error();
    assert!(error.is_invalid_batch_entry_id());
    assert_eq!(
        batch((0..10).map(|n| n.to_string()).collect()).await.unwrap().successful().len(),
        10
    );
    let messages = world.receive_now(&url).await;
    assert_eq!(messages.len(), 10);
    let good =
        DeleteEntry::builder().id("good").receipt_handle(receipt(&messages[0])).build().unwrap();
    let bad = DeleteEntry::builder().id("bad").receipt_handle("rubbish").build().unwrap();
    let outcome = world
        .sqs
        .delete_message_batch()
        .queue_url(&url)
        .entries(good)
        .entries(bad)
        .send()
        .await
        .unwrap();
    assert_eq!(outcome.successful()[0].id(), "good");
    assert_eq!(
        (outcome.failed()[0].id(), outcome.failed()[0].code()),
        ("bad", "ReceiptHandleIsInvalid")
    );
    assert!(outcome.failed()[0].sender_fault());
    assert_eq!(world.counts("q"), [0, 9, 0]);
    world.sqs.purge_queue().queue_url(&url).send().await.unwrap();
    assert!(world.look("q").is_empty());
}

#[test]
fn a_blocked_runtime_does_not_stop_the_server() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let owner = runtime();
    let backend = owner.block_on(Backend::start(BackendKind::Embedded)).unwrap();
    // The runtime that started it does not run now.
    let queues = runtime().block_on(async {
        let config = backend.sdk_config().await;
        Backend::sqs(&config).list_queues().send().await.unwrap()
    });
    assert!(queues.queue_urls().is_empty());
    let addr = backend.embedded().unwrap().addr();
    drop(backend);
    assert!(std::net::TcpStream::connect(addr).is_err());
}

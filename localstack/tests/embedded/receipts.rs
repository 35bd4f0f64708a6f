//! Receipt handles: what each of them can still do.

use std::time::Duration;

use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry as ChangeEntry,
    DeleteMessageBatchRequestEntry as DeleteEntry,
};
use local_aws::StaleDeletes;

use crate::world::{World, code, receipt};

async fn change(
    world: &World,
    url: &str,
    handle: &str,
    seconds: i32,
) -> Result<(), ChangeMessageVisibilityError> {
    let change = world.sqs.change_message_visibility().queue_url(url).receipt_handle(handle);
    let done = change.visibility_timeout(seconds).send().await;
    done.map(|_| ()).map_err(aws_sdk_sqs::error::SdkError::into_service_error)
}

#[tokio::test]
async fn an_extension_counts_from_when_it_is_made() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let message = world.receive_one(&url).await;
    world.aws().advance(Duration::from_secs(20));
    change(&world, &url, receipt(&message), 30).await.unwrap();
    world.aws().advance(Duration::from_secs(29));
    assert_eq!(world.counts("q"), [0, 1, 0]);
    change(&world, &url, receipt(&message), 0).await.unwrap();
    assert_eq!(world.counts("q"), [1, 0, 0]);
}

#[tokio::test]
async fn twelve_hours_are_the_total_of_one_receive() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let message = world.receive_one(&url).await;
    let error = change(&world, &url, receipt(&message), 43_201).await.unwrap_err();
    assert_eq!(code(&error), "InvalidParameterValue");
    change(&world, &url, receipt(&message), 43_199).await.unwrap();
    world.aws().advance(Duration::from_secs(3_600));
    let error = change(&world, &url, receipt(&message), 39_600).await.unwrap_err();
    assert_eq!(code(&error), "InvalidParameterValue");
    assert!(format!("{error:?}").contains("beyond the limit"));
    change(&world, &url, receipt(&message), 39_590).await.unwrap();
    // A new receive has new twelve hours.
    world.aws().advance(Duration::from_secs(39_590));
    let message = world.receive_one(&url).await;
    change(&world, &url, receipt(&message), 43_199).await.unwrap();
}

#[tokio::test]
async fn each_wrong_handle_has_its_error() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let other = world.queue("other").await;
    world.send(&url, "m").await;
    let first = world.receive_one(&url).await;
    for garbage in ["rubbish", "AQEB00"] {
        assert!(change(&world, &url, garbage, 1).await.unwrap_err().is_receipt_handle_is_invalid());
    }
    assert!(
        change(&world, &other, receipt(&first), 1)
            .await
            .unwrap_err()
            .is_receipt_handle_is_invalid()
    );

    world.aws().advance(Duration::from_secs(30));
    let error = change(&world, &url, receipt(&first), 1).await.unwrap_err();
    assert!(error.is_message_not_inflight(), "{error:?}");

    let second = world.receive_one(&url).await;
    let error = change(&world, &url, receipt(&first), 1).await.unwrap_err();
    assert_eq!(code(&error), "InvalidParameterValue");
    let entry = |id: &str, handle: &str| {
        ChangeEntry::builder().id(id).receipt_handle(handle).visibility_timeout(60).build().unwrap()
    };
    let batch = world.sqs.change_message_visibility_batch().queue_url(&url);
    let batch =
        batch.entries(entry("stale", receipt(&first))).entries(entry("good", receipt(&second)));
    let outcome = batch.send().await.unwrap();
    assert_eq!(outcome.successful()[0].id(), "good");
    assert_eq!(outcome.failed()[0].code(), "InvalidParameterValue");

    world
        .sqs
        .delete_message()
        .queue_url(&url)
        .receipt_handle(receipt(&second))
        .send()
        .await
        .unwrap();
    let error = change(&world, &url, receipt(&second), 1).await.unwrap_err();
    assert_eq!(code(&error), "InvalidParameterValue");
}

#[tokio::test]
async fn a_stale_delete_is_accepted_or_rejected_as_chosen() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let first = world.receive_one(&url).await;
    world.aws().advance(Duration::from_secs(30));
    let second = world.receive_one(&url).await;
    let delete =
        |handle: &str| world.sqs.delete_message().queue_url(&url).receipt_handle(handle).send();
    delete(receipt(&first)).await.unwrap();
    assert_eq!(world.counts("q"), [0, 1, 0]);
    world.aws().set_stale_deletes(StaleDeletes::Rejected);
    let error = delete(receipt(&first)).await.unwrap_err().into_service_error();
    assert_eq!(code(&error), "InvalidParameterValue");
    let entry = |id: &str, handle: &str| {
        DeleteEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let batch = || {
        let batch = world
            .sqs
            .delete_message_batch()
            .queue_url(&url)
            .entries(entry("stale", receipt(&first)));
        batch.entries(entry("good", receipt(&second))).send()
    };
    let outcome = batch().await.unwrap();
    assert_eq!(outcome.successful()[0].id(), "good");
    assert_eq!(
        (outcome.failed()[0].id(), outcome.failed()[0].code()),
        ("stale", "InvalidParameterValue")
    );
    assert!(world.look("q").is_empty());
    // Of what is gone no handle is too old.
    assert!(batch().await.unwrap().failed().is_empty());
    assert!(world.look("q").is_empty());
}

#[tokio::test]
async fn the_newest_handle_deletes_also_after_its_timeout() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let message = world.receive_one(&url).await;
    world.aws().advance(Duration::from_secs(30));
    world
        .sqs
        .delete_message()
        .queue_url(&url)
        .receipt_handle(receipt(&message))
        .send()
        .await
        .unwrap();
    assert!(world.look("q").is_empty());
}

//! Batches: the answer is 200, and each entry has its own verdict.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Settled, Subject};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry as Change,
    DeleteMessageBatchRequestEntry as Delete, SendMessageBatchRequestEntry as Send,
};

const SEND: &str = "SendMessageBatch";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "a change of several, one deleted",
            "ChangeMessageVisibilityBatch",
            "done, lost, done",
            mixed,
        ),
        Case::services(
            "a delete of several, one handle wrong",
            "DeleteMessageBatch",
            "1 done, failed: ReceiptHandleIsInvalid (sender)",
            deletes,
        ),
        Case::services(
            "a change of several, one handle and one timeout wrong",
            "ChangeMessageVisibilityBatch",
            "1 done, failed: ReceiptHandleIsInvalid (sender), InvalidParameterValue (sender)",
            changes,
        ),
        Case::services(
            "several sent, one with a delay of 901 s",
            SEND,
            "1 done, failed: InvalidParameterValue (sender)",
            sends,
        ),
        Case::services("a batch of none", SEND, "400 EmptyBatchRequest", none),
        Case::services("a batch of eleven", SEND, "400 TooManyEntriesInBatchRequest", eleven),
        Case::services("a batch with an id twice", SEND, "400 BatchEntryIdsNotDistinct", twice),
        Case::services("a batch with a wrong id", SEND, "400 InvalidBatchEntryId", wrong),
        Case::services("a batch of more than 1 MiB", SEND, "400 BatchRequestTooLong", long),
        Case::services("a batch of ten times 100 KiB", SEND, "done", full),
    ]
}

async fn mixed(s: Subject) -> String {
    let queue = s.queue().await;
    let mut receipts = Vec::new();
    for _ in 0..3 {
        receipts.push(s.sent_and_taken(&queue, 60).await.receipt);
    }
    assert_eq!(s.delete_one(&queue, &receipts[1]).await, Settled::Done);
    let entries: Vec<_> = receipts.iter().map(|receipt| (receipt.as_str(), 60)).collect();
    let answers = s.change(&queue, &entries).await;
    answers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn verdicts(done: usize, failed: &[BatchResultErrorEntry]) -> String {
    let failed = failed.iter().map(|entry| {
        let code = entry.code.rsplit('.').next().unwrap_or_default();
        format!("{code} ({})", if entry.sender_fault { "sender" } else { "receiver" })
    });
    format!("{done} done, failed: {}", failed.collect::<Vec<_>>().join(", "))
}

async fn received(aws: &Aws, queue: &str) -> String {
    aws.send_to(queue, "m").await;
    let receive = aws.sqs.receive_message().queue_url(queue).wait_time_seconds(10).send().await;
    receive.unwrap().messages.unwrap().remove(0).receipt_handle.unwrap()
}

fn delete(id: &str, receipt: &str) -> Delete {
    Delete::builder().id(id).receipt_handle(receipt).build().unwrap()
}

fn change(id: &str, receipt: &str, seconds: i32) -> Change {
    Change::builder().id(id).receipt_handle(receipt).visibility_timeout(seconds).build().unwrap()
}

fn send(id: &str, body: &str) -> Send {
    Send::builder().id(id).message_body(body).build().unwrap()
}

async fn deletes(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let receipt = received(&aws, &queue).await;
    let batch = aws.sqs.delete_message_batch().queue_url(&queue).entries(delete("good", &receipt));
    let answer = batch.entries(delete("bad", "rubbish")).send().await.unwrap();
    verdicts(answer.successful().len(), answer.failed())
}

async fn changes(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let receipt = received(&aws, &queue).await;
    let batch = aws
        .sqs
        .change_message_visibility_batch()
        .queue_url(&queue)
        .entries(change("good", &receipt, 60));
    let batch =
        batch.entries(change("bad", "rubbish", 60)).entries(change("long", &receipt, 43_201));
    let answer = match batch.send().await {
        Ok(answer) => answer,
        error => return outcome(error),
    };
    verdicts(answer.successful().len(), answer.failed())
}

async fn sends(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let late = Send::builder().id("late").message_body("m").delay_seconds(901).build().unwrap();
    let batch =
        aws.sqs.send_message_batch().queue_url(&queue).entries(send("good", "m")).entries(late);
    let answer = match batch.send().await {
        Ok(answer) => answer,
        error => return outcome(error),
    };
    verdicts(answer.successful().len(), answer.failed())
}

/// The same batch of each kind; none of it is about a message.
async fn each(aws: Aws, ids: &[String]) -> String {
    let queue = aws.plain_queue().await;
    let sends = ids.iter().map(|id| send(id, "m")).collect();
    let deletes = ids.iter().map(|id| delete(id, "rubbish")).collect();
    let changes = ids.iter().map(|id| change(id, "rubbish", 60)).collect();
    alike([
        outcome(
            aws.sqs.send_message_batch().queue_url(&queue).set_entries(Some(sends)).send().await,
        ),
        outcome(
            aws.sqs
                .delete_message_batch()
                .queue_url(&queue)
                .set_entries(Some(deletes))
                .send()
                .await,
        ),
        outcome(
            aws.sqs
                .change_message_visibility_batch()
                .queue_url(&queue)
                .set_entries(Some(changes))
                .send()
                .await,
        ),
    ])
}

async fn none(aws: Aws) -> String {
    each(aws, &[]).await
}

async fn eleven(aws: Aws) -> String {
    each(aws, &(0..11).map(|id| id.to_string()).collect::<Vec<_>>()).await
}

async fn twice(aws: Aws) -> String {
    each(aws, &["a".to_owned(), "a".to_owned()]).await
}

async fn wrong(aws: Aws) -> String {
    let long = "x".repeat(81);
    let mut seen = Vec::new();
    for id in ["a b", "ü", &long] {
        seen.push(each(aws.clone(), &[id.to_owned()]).await);
    }
    alike(seen)
}

async fn sized(aws: Aws, count: usize, kib: usize) -> String {
    let queue = aws.plain_queue().await;
    let entries = (0..count).map(|id| send(&id.to_string(), &"x".repeat(kib << 10))).collect();
    outcome(aws.sqs.send_message_batch().queue_url(&queue).set_entries(Some(entries)).send().await)
}

async fn long(aws: Aws) -> String {
    sized(aws, 2, 600).await
}

async fn full(aws: Aws) -> String {
    sized(aws, 10, 100).await
}

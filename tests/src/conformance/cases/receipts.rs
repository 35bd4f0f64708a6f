//! Receipt handles: each is of one receive.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Settled, Subject};

const DELETE: &str = "DeleteMessage";
const CHANGE: &str = "ChangeMessageVisibility";
const IDENTIFIERS: &str = "Amazon SQS queue and message identifiers";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports("the handle of a second receive", IDENTIFIERS, "a new one", rotate),
        Case::ports(
            "a change by an old handle",
            IDENTIFIERS,
            "lost, the message stays hidden",
            old_change,
        ),
        Case::ports("a delete by an old handle", DELETE, "the message stays", old_delete),
        Case::ports("a delete after the timeout", DELETE, "done, nothing comes back", late_delete),
        Case::ports("a second delete", DELETE, "done, done", twice),
        Case::ports("a change after the delete", CHANGE, "lost", change_deleted),
        Case::services("a handle that is none", DELETE, "400 ReceiptHandleIsInvalid", rubbish),
    ]
}

async fn rotate(s: Subject) -> String {
    let queue = s.queue().await;
    let first = s.sent_and_taken(&queue, 0).await;
    let second = s.take(&queue, 30).await;
    if first.receipt == second.receipt { "the same" } else { "a new one" }.to_owned()
}

async fn old_change(s: Subject) -> String {
    let queue = s.queue().await;
    let first = s.sent_and_taken(&queue, 0).await;
    s.take(&queue, 60).await;
    let answer = s.change_one(&queue, &first.receipt, 0).await;
    let place = if s.is_quiet(&queue).await { "stays hidden" } else { "is visible" };
    format!("{answer}, the message {place}")
}

/// The answer may be a success or not.
async fn old_delete(s: Subject) -> String {
    let queue = s.queue().await;
    let first = s.sent_and_taken(&queue, 0).await;
    let second = s.take(&queue, 60).await;
    s.delete_one(&queue, &first.receipt).await;
    s.change_one(&queue, &second.receipt, 0).await;
    let stays = !s.receive(&queue, 30, 1).await.is_empty();
    if stays { "the message stays" } else { "the message is deleted" }.to_owned()
}

async fn late_delete(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 1).await;
    s.pass(2).await;
    let answer = s.delete_one(&queue, &got.receipt).await;
    let back = if s.is_quiet(&queue).await { "nothing" } else { "the message" };
    format!("{answer}, {back} comes back")
}

async fn twice(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 30).await;
    let first = s.delete_one(&queue, &got.receipt).await;
    format!("{first}, {}", s.delete_one(&queue, &got.receipt).await)
}

async fn change_deleted(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 30).await;
    assert_eq!(s.delete_one(&queue, &got.receipt).await, Settled::Done);
    s.change_one(&queue, &got.receipt, 30).await.to_string()
}

async fn rubbish(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let delete = aws.sqs.delete_message().queue_url(&queue).receipt_handle("rubbish");
    let change = aws
        .sqs
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle("rubbish")
        .visibility_timeout(1);
    alike([outcome(delete.send().await), outcome(change.send().await)])
}

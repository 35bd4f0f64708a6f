//! How long a received message is hidden.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Settled, Subject};
use aws_sdk_sqs::types::QueueAttributeName as Name;

const GUIDE: &str = "Amazon SQS visibility timeout";
const CHANGE: &str = "ChangeMessageVisibility";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "a received message",
            GUIDE,
            "hidden, received again after its timeout",
            hidden,
        ),
        Case::ports(
            "a message received with a timeout of 0",
            GUIDE,
            "received again at once",
            zero_timeout,
        ),
        Case::ports("a change to 0", CHANGE, "received again at once", change_to_zero),
        Case::ports(
            "a change counts from when it is made",
            CHANGE,
            "longer: still hidden, shorter: received again",
            change,
        ),
        Case::ports(
            "12 hours are the total of one receive",
            GUIDE,
            "beyond: refused, within: done",
            twelve_hours,
        ),
        Case::ports("a change after the timeout", CHANGE, "lost", change_after_timeout),
        Case::services(
            "the code of a change after the timeout",
            CHANGE,
            "400 MessageNotInflight",
            not_in_flight,
        ),
        Case::services(
            "a timeout above 12 hours or below 0",
            CHANGE,
            "400 InvalidParameterValue",
            bounds,
        ),
        Case::services(
            "a receive without a timeout",
            "ReceiveMessage",
            "the queue's own timeout",
            own_timeout,
        ),
    ]
}

async fn hidden(s: Subject) -> String {
    let queue = s.queue().await;
    s.sent_and_taken(&queue, 2).await;
    let quiet = s.is_quiet(&queue).await;
    s.pass(2).await;
    s.take(&queue, 30).await;
    format!("{}, received again after its timeout", if quiet { "hidden" } else { "visible" })
}

async fn zero_timeout(s: Subject) -> String {
    let queue = s.queue().await;
    s.sent_and_taken(&queue, 0).await;
    again(&s, &queue).await
}

async fn change_to_zero(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 60).await;
    assert_eq!(s.change_one(&queue, &got.receipt, 0).await, Settled::Done);
    again(&s, &queue).await
}

async fn again(s: &Subject, queue: &crate::conformance::subject::Queue) -> String {
    if s.receive(queue, 60, 5).await.is_empty() { "still hidden" } else { "received again at once" }
        .to_owned()
}

async fn change(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 2).await;
    assert_eq!(s.change_one(&queue, &got.receipt, 60).await, Settled::Done);
    s.pass(2).await;
    let longer = if s.is_quiet(&queue).await { "still hidden" } else { "visible" };
    assert_eq!(s.change_one(&queue, &got.receipt, 1).await, Settled::Done);
    s.pass(1).await;
    s.take(&queue, 30).await;
    format!("longer: {longer}, shorter: received again")
}

/// Extends it step by step to near the end, where there is a clock that can be moved.
async fn twelve_hours(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 7_200).await;
    let mut passed = 0;
    for _ in 0..10 {
        passed += s.pass_long(3_600).await;
        if s.change_one(&queue, &got.receipt, 3_800).await != Settled::Done {
            return "an extension is refused".to_owned();
        }
        if passed < 3_600 {
            break;
        }
    }
    let beyond = s.change_one(&queue, &got.receipt, 43_200 - passed + 1).await;
    let within = s.change_one(&queue, &got.receipt, 43_200 - passed - 60).await;
    format!("beyond: {beyond}, within: {within}")
}

async fn change_after_timeout(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 1).await;
    s.pass(2).await;
    s.change_one(&queue, &got.receipt, 30).await.to_string()
}

async fn not_in_flight(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    aws.send_to(&queue, "m").await;
    let receive =
        aws.sqs.receive_message().queue_url(&queue).visibility_timeout(1).wait_time_seconds(10);
    let received = receive.send().await.unwrap().messages.unwrap().remove(0);
    aws.pass(2).await;
    let change = aws.sqs.change_message_visibility().queue_url(&queue).visibility_timeout(30);
    outcome(change.set_receipt_handle(received.receipt_handle).send().await)
}

async fn bounds(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    aws.send_to(&queue, "m").await;
    let mut seen = Vec::new();
    for seconds in [43_201, -1] {
        let receive = aws.sqs.receive_message().queue_url(&queue).visibility_timeout(seconds);
        seen.push(outcome(receive.send().await));
    }
    let receive = aws.sqs.receive_message().queue_url(&queue).wait_time_seconds(10);
    let Some(received) =
        receive.send().await.unwrap().messages.and_then(|mut messages| messages.pop())
    else {
        return alike(seen);
    };
    for seconds in [43_201, -1] {
        let change =
            aws.sqs.change_message_visibility().queue_url(&queue).visibility_timeout(seconds);
        seen.push(outcome(change.set_receipt_handle(received.receipt_handle.clone()).send().await));
    }
    alike(seen)
}

async fn own_timeout(aws: Aws) -> String {
    let queue = aws.queue_set_to(&[(Name::VisibilityTimeout, "2")]).await;
    aws.send_to(&queue, "m").await;
    let receive = || aws.sqs.receive_message().queue_url(&queue).wait_time_seconds(10).send();
    let first = receive().await.unwrap();
    assert_eq!(first.messages().len(), 1);
    let counts = aws.counts_of(&queue).await;
    aws.pass(2).await;
    let second = receive().await.unwrap();
    let own = counts == [0, 1, 0] && second.messages().len() == 1;
    if own {
        "the queue's own timeout".to_owned()
    } else {
        format!("{counts:?}, {}", second.messages().len())
    }
}

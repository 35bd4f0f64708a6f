//! Long polls.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Queue, Settled, Subject};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const GUIDE: &str = "Amazon SQS short and long polling";
/// The longest wait there is; a poll that comes back well before has not waited it out.
const WAIT: u32 = 20;
const EARLY: Duration = Duration::from_secs(15);

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "a message sent during a long poll",
            GUIDE,
            "the poll returns it at once",
            arrival,
        ),
        Case::ports(
            "a message made visible during a long poll",
            GUIDE,
            "the poll returns it at once",
            release,
        ),
        Case::ports(
            "a timeout that ends during a long poll",
            GUIDE,
            "the poll returns it at once",
            timeout,
        ),
        Case::ports(
            "a delay that ends during a long poll",
            GUIDE,
            "the poll returns it at once",
            delay,
        ),
        Case::ports("a long poll of an empty queue", GUIDE, "empty, after its wait", empty),
        Case::ports(
            "a message sent after a poll was given up",
            "not documented",
            "the next receive has it",
            given_up,
        ),
        Case::services(
            "a receive that names no wait",
            "ReceiveMessage",
            "the queue's own wait",
            own_wait,
        ),
        Case::services(
            "a wait above 20 s",
            "ReceiveMessage",
            "400 InvalidParameterValue",
            long_wait,
        ),
        Case::services(
            "a receive of 0 or 11 messages",
            "ReceiveMessage",
            "400 InvalidParameterValue",
            counts,
        ),
    ]
}

/// A long poll that the server has, beside the test.
async fn poll(s: &Subject, queue: &Queue) -> JoinHandle<usize> {
    let (poll, polled) = (s.clone(), queue.clone());
    let polling = tokio::spawn(async move { poll.receive(&polled, 30, WAIT).await.len() });
    s.pass(1).await;
    polling
}

async fn returned(polling: JoinHandle<usize>, began: Instant) -> String {
    match (polling.await.unwrap(), began.elapsed() < EARLY) {
        (1, true) => "the poll returns it at once".to_owned(),
        (1, false) => "the poll returns it after its wait".to_owned(),
        (count, _) => format!("the poll returns {count} messages"),
    }
}

async fn arrival(s: Subject) -> String {
    let queue = s.queue().await;
    let began = Instant::now();
    let polling = poll(&s, &queue).await;
    s.send(&queue, "m", 0).await;
    returned(polling, began).await
}

async fn release(s: Subject) -> String {
    let queue = s.queue().await;
    let got = s.sent_and_taken(&queue, 120).await;
    let began = Instant::now();
    let polling = poll(&s, &queue).await;
    assert_eq!(s.change_one(&queue, &got.receipt, 0).await, Settled::Done);
    returned(polling, began).await
}

async fn timeout(s: Subject) -> String {
    let queue = s.queue().await;
    s.sent_and_taken(&queue, 3).await;
    let began = Instant::now();
    let polling = poll(&s, &queue).await;
    s.pass(2).await;
    returned(polling, began).await
}

async fn delay(s: Subject) -> String {
    let queue = s.queue().await;
    s.send(&queue, "m", 3).await;
    let began = Instant::now();
    let polling = poll(&s, &queue).await;
    s.pass(2).await;
    returned(polling, began).await
}

async fn empty(s: Subject) -> String {
    let queue = s.queue().await;
    let began = Instant::now();
    let count = s.receive(&queue, 30, 1).await.len();
    // Servers count by clocks that are a little coarse.
    let waited = began.elapsed() >= Duration::from_millis(950);
    format!(
        "{}, {} its wait",
        if count == 0 { "empty" } else { "a message" },
        if waited { "after" } else { "before" }
    )
}

async fn given_up(s: Subject) -> String {
    let queue = s.queue().await;
    let polling = poll(&s, &queue).await;
    polling.abort();
    assert!(polling.await.unwrap_err().is_cancelled());
    s.forget_poll(&queue).await;
    s.send(&queue, "m", 0).await;
    if s.receive(&queue, 30, 2).await.is_empty() {
        "hidden: the poll took it"
    } else {
        "the next receive has it"
    }
    .to_owned()
}

async fn own_wait(aws: Aws) -> String {
    let queue = aws.queue_set_to(&[(Name::ReceiveMessageWaitTimeSeconds, "1")]).await;
    let began = Instant::now();
    assert!(
        aws.sqs.receive_message().queue_url(&queue).send().await.unwrap().messages().is_empty()
    );
    if began.elapsed() >= Duration::from_millis(950) { "the queue's own wait" } else { "no wait" }
        .to_owned()
}

async fn long_wait(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    aws.send_to(&queue, "m").await;
    outcome(aws.sqs.receive_message().queue_url(&queue).wait_time_seconds(21).send().await)
}

async fn counts(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let receive =
        |max| aws.sqs.receive_message().queue_url(&queue).max_number_of_messages(max).send();
    alike([outcome(receive(0).await), outcome(receive(11).await)])
}

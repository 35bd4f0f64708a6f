//! What was received too often goes to the dead-letter queue.

use crate::conformance::aws::Aws;
use crate::conformance::case::Case;
use crate::conformance::subject::Subject;
use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Name};

const GUIDE: &str = "Using dead-letter queues in Amazon SQS";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "at most two receives",
            GUIDE,
            "received 2 times, then in the dead-letter queue",
            two,
        ),
        Case::services(
            "what comes to the dead-letter queue",
            GUIDE,
            "the same id, body and time of sending",
            same,
        ),
        Case::services(
            "where it came from",
            "ReceiveMessage",
            "DeadLetterQueueSourceArn names the queue",
            source,
        ),
        Case::services("a dead-letter queue that does not exist", GUIDE, "refused", missing),
    ]
}

async fn two(s: Subject) -> String {
    let queue = s.queue_with(Some(2)).await;
    s.send(&queue, "m", 0).await;
    let mut received = 0;
    while received < 9 && !s.receive(&queue, 0, 1).await.is_empty() {
        received += 1;
    }
    let place = if s.dead(&queue).await == 1 { "in the dead-letter queue" } else { "gone" };
    format!("received {received} times, then {place}")
}

/// A message of a queue, and the same in the dead-letter queue.
async fn moved(aws: &Aws) -> (String, [aws_sdk_sqs::types::Message; 2]) {
    let dead = aws.plain_queue().await;
    let policy = format!(
        r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#,
        aws.queue_arn(&dead).await
    );
    let queue = aws.queue_set_to(&[(Name::RedrivePolicy, &policy)]).await;
    aws.send_to(&queue, "m").await;
    let receive = |visibility| {
        let receive = aws
            .sqs
            .receive_message()
            .queue_url(&queue)
            .visibility_timeout(visibility)
            .wait_time_seconds(2);
        receive.message_system_attribute_names(System::All).send()
    };
    let before = receive(0).await.unwrap().messages.unwrap().remove(0);
    assert!(receive(30).await.unwrap().messages().is_empty());
    let after = aws.messages(&dead, 1).await.remove(0);
    (aws.queue_arn(&queue).await, [before, after])
}

async fn same(aws: Aws) -> String {
    let (_, [before, after]) = moved(&aws).await;
    let sent = |message: &aws_sdk_sqs::types::Message| {
        message.attributes().unwrap()[&System::SentTimestamp].clone()
    };
    let mut seen = Vec::new();
    for (what, same) in [
        ("id", before.message_id == after.message_id),
        ("body", before.body == after.body),
        ("time of sending", sent(&before) == sent(&after)),
    ] {
        if !same {
            seen.push(format!("another {what}"));
        }
    }
    if seen.is_empty() {
        "the same id, body and time of sending".to_owned()
    } else {
        seen.join(", ")
    }
}

async fn source(aws: Aws) -> String {
    let (queue, [_, after]) = moved(&aws).await;
    match after.attributes().unwrap().get(&System::DeadLetterQueueSourceArn) {
        Some(source) if *source == queue => "DeadLetterQueueSourceArn names the queue".to_owned(),
        source => format!("DeadLetterQueueSourceArn is {source:?}"),
    }
}

async fn missing(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let policy = format!(
        r#"{{"deadLetterTargetArn":"{}-none","maxReceiveCount":1}}"#,
        aws.queue_arn(&queue).await
    );
    let set =
        aws.sqs.set_queue_attributes().queue_url(&queue).attributes(Name::RedrivePolicy, policy);
    if set.send().await.is_err() { "refused" } else { "done" }.to_owned()
}

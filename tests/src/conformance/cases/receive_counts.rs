//! How often a message was received.

use crate::conformance::aws::Aws;
use crate::conformance::case::Case;
use crate::conformance::subject::{Settled, Subject};
use aws_sdk_sqs::types::MessageSystemAttributeName as System;

const PAGE: &str = "ReceiveMessage";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports("each receive counts, however the one before ended", PAGE, "1, 2, 3", counts),
        Case::ports("a long poll that finds nothing", PAGE, "counts for no message", idle),
        Case::services(
            "when it was sent and first received",
            PAGE,
            "the same with every receive",
            timestamps,
        ),
    ]
}

async fn counts(s: Subject) -> String {
    let queue = s.queue().await;
    let first = s.sent_and_taken(&queue, 1).await;
    s.pass(2).await;
    let second = s.take(&queue, 60).await;
    assert_eq!(s.change_one(&queue, &second.receipt, 0).await, Settled::Done);
    let third = s.take(&queue, 60).await;
    format!("{}, {}, {}", first.count, second.count, third.count)
}

async fn idle(s: Subject) -> String {
    let queue = s.queue().await;
    assert!(s.receive(&queue, 60, 1).await.is_empty());
    let got = s.sent_and_taken(&queue, 60).await;
    if got.count == 1 { "counts for no message".to_owned() } else { got.count.to_string() }
}

async fn timestamps(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    aws.send_to(&queue, "m").await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let receive =
            aws.sqs.receive_message().queue_url(&queue).visibility_timeout(0).wait_time_seconds(10);
        let receive = receive.message_system_attribute_names(System::All).send().await.unwrap();
        let attributes = receive.messages()[0].attributes.clone().unwrap();
        let get = |name| {
            attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
        };
        let (sent, first) =
            (get(System::SentTimestamp), get(System::ApproximateFirstReceiveTimestamp));
        assert!(0 < sent && sent <= first, "{attributes:?}");
        seen.push((sent, first));
        aws.pass(1).await;
    }
    if seen[0] == seen[1] { "the same with every receive".to_owned() } else { format!("{seen:?}") }
}

//! What a queue takes.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use aws_sdk_sqs::types::{MessageAttributeValue as Value, QueueAttributeName as Name};

const QUOTAS: &str = "Amazon SQS message quotas";
const SEND: &str = "SendMessage";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("a message of 1 MiB", QUOTAS, "done", largest),
        Case::services(
            "a message of 1 MiB and a byte",
            QUOTAS,
            "400 InvalidParameterValue",
            too_large,
        ),
        Case::services(
            "a message larger than its queue takes",
            "CreateQueue",
            "400 InvalidParameterValue",
            own_limit,
        ),
        Case::services(
            "a message with a control character",
            SEND,
            "400 InvalidMessageContents",
            control,
        ),
        Case::services("a message with letters, line ends and emoji", SEND, "as sent", letters),
        Case::services("a delay above 900 s", SEND, "400 InvalidParameterValue", delay),
        Case::services(
            "a message with eleven attributes",
            QUOTAS,
            "400 InvalidParameterValue",
            attributes,
        ),
    ]
}

async fn sized(aws: &Aws, queue: &str, bytes: usize) -> String {
    outcome(aws.sqs.send_message().queue_url(queue).message_body("x".repeat(bytes)).send().await)
}

async fn largest(aws: Aws) -> String {
    sized(&aws, &aws.plain_queue().await, 1 << 20).await
}

async fn too_large(aws: Aws) -> String {
    sized(&aws, &aws.plain_queue().await, (1 << 20) + 1).await
}

async fn own_limit(aws: Aws) -> String {
    let queue = aws.queue_set_to(&[(Name::MaximumMessageSize, "1024")]).await;
    assert_eq!(sized(&aws, &queue, 1024).await, "done");
    sized(&aws, &queue, 1025).await
}

async fn control(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let mut seen = Vec::new();
    for body in ["a\u{1}b", "a\u{fffe}b"] {
        seen.push(outcome(
            aws.sqs.send_message().queue_url(&queue).message_body(body).send().await,
        ));
    }
    alike(seen)
}

async fn letters(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let body = "\t line\r\nline \"ü\" \\ 日本語 🦀 <&> \u{fffd}";
    aws.send_to(&queue, body).await;
    let bodies = aws.bodies(&queue, 1).await;
    if bodies == [body] { "as sent".to_owned() } else { format!("{bodies:?}") }
}

async fn delay(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    outcome(
        aws.sqs.send_message().queue_url(&queue).message_body("m").delay_seconds(901).send().await,
    )
}

async fn attributes(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let mut send = aws.sqs.send_message().queue_url(&queue).message_body("m");
    for name in 0..11 {
        let value = Value::builder().data_type("String").string_value("v").build().unwrap();
        send = send.message_attributes(format!("a{name}"), value);
    }
    outcome(send.send().await)
}

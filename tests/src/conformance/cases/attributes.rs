//! Attributes of queues and messages.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::Subject;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue as Value, MessageSystemAttributeName as System,
    QueueAttributeName as Name,
};

const QUEUE: &str = "GetQueueAttributes";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports("the counts of a queue", QUEUE, "1 visible, 1 in flight, 1 delayed", counts),
        Case::services("the timeout of a queue", QUEUE, "30 unless set, then as set", timeout),
        Case::services("a queue that does not exist", QUEUE, "400 NonExistentQueue", missing),
        Case::services(
            "an attribute that no queue has",
            QUEUE,
            "400 InvalidAttributeName",
            unknown,
        ),
        Case::services(
            "a queue's timeout above 12 hours",
            "SetQueueAttributes",
            "400 InvalidAttributeValue",
            too_high,
        ),
        Case::services(
            "a queue made again",
            "CreateQueue",
            "the same: done, another: 400 QueueAlreadyExists",
            made_again,
        ),
        Case::services(
            "a message's own attributes",
            "ReceiveMessage",
            "only those asked for",
            system,
        ),
        Case::services(
            "attributes that were sent",
            "Amazon SQS message metadata",
            "as sent: all, by name, by prefix",
            sent,
        ),
    ]
}

async fn counts(s: Subject) -> String {
    let queue = s.queue().await;
    s.sent_and_taken(&queue, 60).await;
    s.send(&queue, "visible", 0).await;
    s.send(&queue, "delayed", 60).await;
    let [visible, in_flight, delayed] = s.counts(&queue).await;
    format!("{visible} visible, {in_flight} in flight, {delayed} delayed")
}

async fn timeout(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let unset = aws.attribute(&queue, Name::VisibilityTimeout).await;
    let set =
        aws.sqs.set_queue_attributes().queue_url(&queue).attributes(Name::VisibilityTimeout, "7");
    set.send().await.unwrap();
    match &*aws.attribute(&queue, Name::VisibilityTimeout).await {
        "7" => format!("{unset} unless set, then as set"),
        other => format!("{unset} unless set, then {other}"),
    }
}

async fn missing(aws: Aws) -> String {
    let url = format!("{}-none", aws.plain_queue().await);
    let name = url.rsplit('/').next().unwrap();
    let sqs = &aws.sqs;
    alike([
        outcome(sqs.receive_message().queue_url(&url).send().await),
        outcome(sqs.send_message().queue_url(&url).message_body("m").send().await),
        outcome(sqs.delete_message().queue_url(&url).receipt_handle("rubbish").send().await),
        outcome(sqs.get_queue_attributes().queue_url(&url).attribute_names(Name::All).send().await),
        outcome(sqs.get_queue_url().queue_name(name).send().await),
    ])
}

async fn unknown(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let get =
        aws.sqs.get_queue_attributes().queue_url(&queue).attribute_names(Name::from("Colour"));
    let set =
        aws.sqs.set_queue_attributes().queue_url(&queue).attributes(Name::from("Colour"), "red");
    alike([outcome(get.send().await), outcome(set.send().await)])
}

async fn too_high(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let set = aws
        .sqs
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::VisibilityTimeout, "43201");
    outcome(set.send().await)
}

async fn made_again(aws: Aws) -> String {
    let queue = aws.queue_set_to(&[(Name::VisibilityTimeout, "7")]).await;
    let name = queue.rsplit('/').next().unwrap();
    let make = |timeout: &str| {
        aws.sqs.create_queue().queue_name(name).attributes(Name::VisibilityTimeout, timeout).send()
    };
    format!("the same: {}, another: {}", outcome(make("7").await), outcome(make("8").await))
}

async fn system(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    aws.send_to(&queue, "m").await;
    let receive = |name| {
        let receive =
            aws.sqs.receive_message().queue_url(&queue).visibility_timeout(0).wait_time_seconds(10);
        receive.set_message_system_attribute_names(name).send()
    };
    let none =
        receive(None).await.unwrap().messages.unwrap().remove(0).attributes.unwrap_or_default();
    let one = receive(Some(vec![System::SentTimestamp]))
        .await
        .unwrap()
        .messages
        .unwrap()
        .remove(0)
        .attributes
        .unwrap();
    let all = receive(Some(vec![System::All]))
        .await
        .unwrap()
        .messages
        .unwrap()
        .remove(0)
        .attributes
        .unwrap();
    let named = [
        System::ApproximateReceiveCount,
        System::ApproximateFirstReceiveTimestamp,
        System::SentTimestamp,
        System::SenderId,
    ];
    if none.is_empty() && one.len() == 1 && named.iter().all(|name| all.contains_key(name)) {
        return "only those asked for".to_owned();
    }
    format!("none: {}, one: {}, all: {}", none.len(), one.len(), all.len())
}

async fn sent(aws: Aws) -> String {
    let queue = aws.plain_queue().await;
    let text = Value::builder().data_type("String").string_value("ü").build().unwrap();
    let number = Value::builder().data_type("Number").string_value("17").build().unwrap();
    let bytes =
        Value::builder().data_type("Binary").binary_value(Blob::new(*b"\0\xff")).build().unwrap();
    let attributes = [("a.text", text), ("a.number", number), ("bytes", bytes)];
    let mut send = aws.sqs.send_message().queue_url(&queue).message_body("m");
    for (name, value) in &attributes {
        send = send.message_attributes(*name, value.clone());
    }
    send.send().await.unwrap();
    let mut wrong = Vec::new();
    for (asked, names) in
        [("All", &attributes[..]), ("bytes", &attributes[2..]), ("a.*", &attributes[..2])]
    {
        let receive =
            aws.sqs.receive_message().queue_url(&queue).visibility_timeout(0).wait_time_seconds(10);
        let received = receive.message_attribute_names(asked).send().await.unwrap();
        let got = received.messages.unwrap().remove(0).message_attributes.unwrap_or_default();
        if got.len() != names.len()
            || !names.iter().all(|(name, value)| got.get(*name) == Some(value))
        {
            wrong.push(asked);
        }
    }
    if wrong.is_empty() {
        "as sent: all, by name, by prefix".to_owned()
    } else {
        format!("not as sent: {wrong:?}")
    }
}

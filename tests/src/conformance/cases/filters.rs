//! Filter policies of subscriptions: which of the published messages pass.

use crate::conformance::aws::Aws;
use crate::conformance::case::Case;
use aws_sdk_sns::types::MessageAttributeValue as Value;

const ATTRIBUTES: &str = "Amazon SNS subscription filter policies";
const BODY: &str = "Amazon SNS subscription filter policy scope";
const ARRAYS: &str = "Filter policy constraints in Amazon SNS";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("a policy of values", ATTRIBUTES, "red blue", |aws| {
            by_attribute(aws, r#"{"colour":["red","blue"]}"#)
        }),
        Case::services("a policy of what is not", ATTRIBUTES, "blue green", |aws| {
            by_attribute(aws, r#"{"colour":[{"anything-but":["red"]}]}"#)
        }),
        Case::services("a policy of a prefix", ATTRIBUTES, "green", |aws| {
            by_attribute(aws, r#"{"colour":[{"prefix":"gr"}]}"#)
        }),
        Case::services("a policy of numbers", ATTRIBUTES, "blue green", |aws| {
            by_attribute(aws, r#"{"number":[{"numeric":[">",1,"<=",3]}]}"#)
        }),
        Case::services("a policy of two attributes", ATTRIBUTES, "blue", |aws| {
            by_attribute(aws, r#"{"colour":["red","blue"],"number":[{"numeric":["=",2]}]}"#)
        }),
        Case::services("a policy of what is absent", ATTRIBUTES, "none", |aws| {
            by_attribute(aws, r#"{"colour":[{"exists":false}]}"#)
        }),
        Case::services("a policy of an array attribute", ATTRIBUTES, "green", |aws| {
            by_attribute(aws, r#"{"tags":["b"]}"#)
        }),
        Case::services("a policy of the body", BODY, "one", |aws| by_body(aws, r#"{"a":{"b":["x"]}}"#)),
        Case::services("a policy of an array in the body", ARRAYS, "two", |aws| by_body(aws, r#"{"tags":["b"]}"#)),
        Case::services("a policy of objects in an array in the body", ARRAYS, "three", |aws| {
            by_body(aws, r#"{"Records":{"s3":{"object":{"key":[{"prefix":"in/"}]}}}}"#)
        }),
        Case::services("a policy of the body for a body that is no JSON", BODY, "one two three", |aws| {
            by_body(aws, r#"{"name":[{"exists":true}]}"#)
        }),
    ]
}

fn value(kind: &str, text: &str) -> Value {
    Value::builder().data_type(kind).string_value(text).build().unwrap()
}

/// Those of the names that come to the queue before the last message, in the order in which they were published.
async fn passed(aws: &Aws, queue: &str, sent: &[&str]) -> String {
    let mut got = Vec::new();
    while !got.iter().any(|body: &String| body.contains("last")) {
        got.append(&mut aws.bodies(queue, 1).await);
    }
    let passed = sent.iter().filter(|name| got.iter().any(|body| body.contains(**name)));
    passed.copied().collect::<Vec<_>>().join(" ")
}

async fn by_attribute(aws: Aws, policy: &'static str) -> String {
    let topic = aws.topic().await;
    let queue = aws.listener(&topic, &[("RawMessageDelivery", "true"), ("FilterPolicy", policy)]).await;
    for (colour, attributes) in [
        ("red", vec![("colour", value("String", "red")), ("number", value("Number", "1"))]),
        ("blue", vec![("colour", value("String", "blue")), ("number", value("Number", "2"))]),
        (
            "green",
            vec![
                ("colour", value("String", "green")),
                ("number", value("Number", "3")),
                ("tags", value("String.Array", r#"["a","b"]"#)),
            ],
        ),
        ("none", vec![("number", value("Number", "4"))]),
    ] {
        let mut publish = aws.sns.publish().topic_arn(&topic).message(colour);
        for (name, value) in attributes {
            publish = publish.message_attributes(name, value);
        }
        publish.send().await.unwrap();
    }
    // What came before this was published before it.
    aws.send_to(&queue, "last").await;
    passed(&aws, &queue, &["red", "blue", "green", "none"]).await
}

async fn by_body(aws: Aws, policy: &'static str) -> String {
    let topic = aws.topic().await;
    let scope = [("RawMessageDelivery", "true"), ("FilterPolicyScope", "MessageBody"), ("FilterPolicy", policy)];
    let queue = aws.listener(&topic, &scope).await;
    for body in [
        r#"{"name":"one","a":{"b":"x"}}"#,
        r#"{"name":"two","a":{"b":"y"},"tags":["a","b"]}"#,
        r#"{"name":"three","Records":[{"s3":{"object":{"key":"out/1"}}},{"s3":{"object":{"key":"in/2"}}}]}"#,
        "four: no JSON",
    ] {
        aws.sns.publish().topic_arn(&topic).message(body).send().await.unwrap();
    }
    // What came before this was published before it.
    aws.send_to(&queue, "last").await;
    passed(&aws, &queue, &["one", "two", "three", "four"]).await
}

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
        Case::services("a policy of the body", BODY, "one", |aws| {
            by_body(aws, r#"{"a":{"b":["x"]}}"#)
        }),
        Case::services("a policy of an array in the body", ARRAYS, "two", |aws| {
            by_body(aws, r#"{"tags":["b"]}"#)
        }),
        Case::services("a policy of objects in an array in the body", ARRAYS, "three", |aws| {
            by_body(aws, r#"{"Records":{"s3":{"object":{"key":[{"prefix":"in/"}]}}}}"#)
        }),
        Case::services(
            "a policy of the body for a body that is no JSON",
            BODY,
            "one two three",
            |aws| by_body(aws, r#"{"name":[{"exists":true}]}"#),
        ),
    ]
}

fn value(kind: &str, text: &str) -> Value {
    Value::builder().data_type(kind).string_value(text).build().unwrap()
}

/// A topic with a listener that filters, and one that hears everything.
struct Scene {
    aws: Aws,
    topic: String,
    filtered: String,
    all: String,
}

impl Scene {
    async fn new(aws: Aws, attributes: &[(&str, &str)]) -> Self {
        let topic = aws.topic().await;
        let raw = ("RawMessageDelivery", "true");
        let filtered = aws.listener(&topic, &[&[raw], attributes].concat()).await;
        let all = aws.listener(&topic, &[raw]).await;
        Self { aws, topic, filtered, all }
    }

    /// Publishes a message and waits until it has come to who hears everything: deliveries may
    /// overtake each other.
    async fn publish(&self, body: &str, attributes: Vec<(&str, Value)>) {
        let mut publish = self.aws.sns.publish().topic_arn(&self.topic).message(body);
        for (name, value) in attributes {
            publish = publish.message_attributes(name, value);
        }
        publish.send().await.unwrap();
        assert_eq!(self.aws.bodies(&self.all, 1).await, [body]);
    }

    /// Those of the names whose messages passed.
    async fn passed(self, names: &[&str]) -> String {
        self.publish("end", Vec::new()).await;
        self.aws.send_to(&self.filtered, "last").await;
        let mut got = Vec::new();
        while !got.contains(&"last".to_owned()) {
            got.append(&mut self.aws.bodies(&self.filtered, 1).await);
        }
        let passed = names.iter().filter(|name| got.iter().any(|body| body.contains(**name)));
        passed.copied().collect::<Vec<_>>().join(" ")
    }
}

async fn by_attribute(aws: Aws, policy: &'static str) -> String {
    let scene = Scene::new(aws, &[("FilterPolicy", policy)]).await;
    let of = |colour, number| {
        vec![("colour", value("String", colour)), ("number", value("Number", number))]
    };
    scene.publish("red", of("red", "1")).await;
    scene.publish("blue", of("blue", "2")).await;
    let tags = vec![("tags", value("String.Array", r#"["a","b"]"#))];
    scene.publish("green", [of("green", "3"), tags].concat()).await;
    scene.publish("none", vec![("number", value("Number", "4"))]).await;
    scene.passed(&["red", "blue", "green", "none"]).await
}

async fn by_body(aws: Aws, policy: &'static str) -> String {
    let scene =
        Scene::new(aws, &[("FilterPolicyScope", "MessageBody"), ("FilterPolicy", policy)]).await;
    for body in [
        r#"{"name":"one","a":{"b":"x"}}"#,
        r#"{"name":"two","a":{"b":"y"},"tags":["a","b"]}"#,
        r#"{"name":"three","Records":[
            {"s3":{"object":{"key":"out/1"}}},{"s3":{"object":{"key":"in/2"}}}]}"#,
        "four: no JSON",
    ] {
        scene.publish(body, Vec::new()).await;
    }
    scene.passed(&["one", "two", "three", "four"]).await
}

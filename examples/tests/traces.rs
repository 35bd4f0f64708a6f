//! What a collector of OpenTelemetry gets of a service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]

#[path = "../src/traced.rs"]
mod traced;

use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use axum::{Json, Router, routing::post};
use local_aws::{Backend, BackendKind};
use s3_sqs_processor::{Pipeline, provision::Provision};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

type Spans = Arc<Mutex<Vec<Value>>>;

/// A collector: it keeps the spans that are posted to it.
async fn collector(spans: Spans) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let collect = async move |Json(body): Json<Value>| {
        let mut kept = spans.lock().unwrap();
        for resource in body["resourceSpans"].as_array().unwrap() {
            for scope in resource["scopeSpans"].as_array().unwrap() {
                kept.extend(scope["spans"].as_array().unwrap().iter().cloned());
            }
        }
        Json(json!({}))
    };
    let router = Router::new().route("/v1/traces", post(collect));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn attribute<'a>(span: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = span["attributes"].as_array()?.iter();
    let found = all.find(|attribute| attribute["key"] == name)?;
    found["value"].as_object()?.values().next()
}

/// The test is alone in its process: its service sets the subscriber.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_one_trace_from_its_receive_to_its_delete() {
    let spans = Spans::default();
    let url = collector(Arc::clone(&spans)).await;
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let made = Provision::new("orders").apply(&config).await.unwrap();
    let queue_url = &made.queues[0].url;
    let object = Backend::s3(&config).put_object().bucket("files").key("a");
    Backend::s3(&config).create_bucket().bucket("files").send().await.unwrap();
    object.body(b"{}{}{}".to_vec().into()).send().await.unwrap();
    let event = json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "files" }, "object": { "key": "a", "size": 6 } }
        }] });
    let header = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    let send = Backend::sqs(&config).send_message().queue_url(queue_url);
    let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
    let send = send.message_system_attributes(name, header.build().unwrap());
    send.message_body(event.to_string()).send().await.unwrap();
    let is_empty = async {
        while !backend.embedded().unwrap().queue(queue_url).unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let builder = Pipeline::builder().queue_url(queue_url).aws_config(config.clone());
    traced::serve(builder.wait_time(Duration::from_secs(1)), format!("{url}/v1/traces"), is_empty)
        .await
        .unwrap();
    let spans = spans.lock().unwrap();
    let trace = "5759e988bd862e3fe1be46a994272793";
    let of_trace: Vec<_> = spans.iter().filter(|span| span["traceId"] == trace).collect();
    let named = |name: &str| -> Vec<&Value> {
        of_trace.iter().copied().filter(|span| span["name"] == name).collect()
    };
    let below = |span: &Value, parent: &Value| assert_eq!(span["parentSpanId"], parent["spanId"]);

    let [message] = named("process orders")[..] else { panic!("{spans:#?}") };
    assert_eq!(message["parentSpanId"], "53995c3f42cd8ad8");
    assert_eq!(message["kind"], 5, "it consumes: {message:#?}");
    for (name, value) in [
        ("messaging.system", "aws_sqs"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "orders"),
        ("s3_sqs.outcome", "deleted"),
    ] {
        assert_eq!(attribute(message, name), Some(&value.into()), "{message:#?}");
    }
    let [object] = named("object")[..] else { panic!("{spans:#?}") };
    below(object, message);
    assert_eq!(attribute(object, "aws.s3.key"), Some(&"a".into()));
    let [process] = named("process")[..] else { panic!("{spans:#?}") };
    below(process, object);
    let stored = named("store an order");
    assert_eq!(stored.len(), 3);
    stored.iter().for_each(|span| below(span, process));
    // The message that S3 sent to try the connection has no sender's trace.
    assert!(spans.iter().all(|span| span["traceId"] == trace || span["parentSpanId"] == ""));
}

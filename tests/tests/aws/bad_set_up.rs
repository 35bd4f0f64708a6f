//! What keeps a pipeline from running: each time one message that names the thing and the way out.

use crate::harness::{
    Consumer, Process, Setup, Sink, World, backend_kind, eventually, logged, secs,
};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use local_aws::{BackendKind, Fault, FaultPlan};
use s3_sqs_processor::{Builder, Lease, Pipeline, RunError, RunErrorKind};

async fn refused(builder: Builder) -> RunError {
    builder.processor("sink", Sink::new()).build().unwrap().run().await.expect_err("it cannot run")
}

fn assert_says(error: &RunError, kind: RunErrorKind, texts: &[&str]) {
    let said = error.to_string();
    assert_eq!(error.kind(), kind, "{said}");
    assert!(!said.contains('\n'), "one line: {said}");
    for text in texts {
        assert!(said.contains(text), "{text} is not in: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_queue_url() {
    let world = Setup::new("wrong-url").make().await;
    let url = format!("{}-misspelt", world.queue_url());
    let error = refused(world.pipeline_of(&url)).await;
    assert_says(&error, RunErrorKind::QueueNotFound, &[&url, "check the URL"]);
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_vanishes() {
    let world = Setup::new("vanishes").make().await;
    let pipeline = world.pipeline().processor("sink", Sink::new()).build().unwrap();
    let handle = pipeline.handle();
    let running = tokio::spawn(pipeline.run());
    eventually("it runs", async || (handle.stats().queue.receives > 0).then_some(())).await;
    world.sqs.delete_queue().queue_url(world.queue_url()).send().await.unwrap();
    let error = running.await.unwrap().expect_err("it cannot go on");
    assert_says(&error, RunErrorKind::QueueNotFound, &[world.queue_url(), "no longer exists"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_nobody_listens_on() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let url = format!("{endpoint}/000000000000/orders");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(
            aws_sdk_sqs::config::Credentials::new("test", "test", None, None, "test"),
        ))
        .endpoint_url(endpoint);
    let error = refused(Pipeline::builder().queue_url(&url).aws_config(config.build())).await;
    assert_says(&error, RunErrorKind::Unreachable, &[&url, "check the endpoint"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_without_credentials() {
    let world = Setup::new("no-provider").make().await;
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(world.backend.endpoint_url());
    let error =
        refused(Pipeline::builder().queue_url(world.queue_url()).aws_config(config.build())).await;
    assert_says(
        &error,
        RunErrorKind::Credentials,
        &[world.queue_url(), "give valid AWS credentials"],
    );
}

/// A process whose environment has no credentials: what a new deployment looks like that lacks its
/// role.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_without_credentials() {
    let world = Setup::new("no-credentials").make().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| !name.contains("KEY"));
    environment.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
    let (succeeded, said) = Process::start(&environment).end().await;
    assert!(!succeeded);
    let first = said.lines().next().unwrap_or_default();
    for text in [world.queue_url(), "give valid AWS credentials"] {
        assert!(first.contains(text), "{text} is not in: {first}");
    }
}

/// Only the embedded AWS can deny.
async fn denied(name: &str) -> World {
    let world = Setup::on(BackendKind::Embedded, name).make().await;
    let embedded = world.backend.embedded().expect("asked for");
    let denied = Fault::Status { status: 403, code: "AccessDenied".into() };
    embedded.inject(FaultPlan::new("GetQueueAttributes", denied).matching(&world.name).times(1));
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_whose_attributes_may_not_be_read() {
    let world = denied("no-attributes").await;
    let error = refused(world.pipeline()).await;
    assert_says(
        &error,
        RunErrorKind::Denied,
        &[world.queue_url(), "sqs:GetQueueAttributes", "lease"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_46_with_a_visibility_timeout_of_its_own_it_needs_no_attributes() {
    let world = denied("own-timeout").await;
    world.put("file", r#"{"a":1}"#).await;
    let sink = Sink::new();
    let pipeline = world.pipeline().lease(Lease::default().visibility_timeout(secs(20)));
    Consumer::start(pipeline.processor("sink", sink.clone())).finish(1).await;
    assert_eq!(sink.count(), 1);
    assert_eq!(logged(&["WARN", world.queue_url(), "sqs:GetQueueAttributes"]).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_without_redrive_policy_is_warned_about() {
    let world = Setup::new("no-redrive").make().await;
    let name = format!("{}-bare", world.name);
    let bare = world.sqs.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap();
    for (url, warnings) in [(bare.as_str(), 1), (world.queue_url(), 0)] {
        let consumer = Consumer::start(world.pipeline_of(url).processor("sink", Sink::new()));
        consumer.until("it runs", |stats| stats.queue.receives > 0).await;
        consumer.stop().await;
        let lines =
            logged(&["WARN", &format!("{url}\""), "no redrive policy", "dead-letter queue"]);
        assert_eq!(lines.len(), warnings, "{} {url}: {lines:#?}", backend_kind());
    }
}

//! Faults on demand.

use std::time::{Duration, Instant};

use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_sns::types::PublishBatchRequestEntry as PublishEntry;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry as DeleteEntry;
use local_aws::{Fault, FaultPlan};

use crate::world::{World, code, receipt, until};

#[tokio::test]
async fn a_status_strikes_as_often_as_planned() {
    let world = World::new().await;
    world.bucket("box").await;
    world.put("box", "data/k", "x").await;
    let slow = Fault::Status { status: 503, code: "SlowDown".into() };
    let hits = world.aws().inject(FaultPlan::new("GetObject", slow).matching("data/").times(1));
    let get = || world.s3.get_object().bucket("box").key("data/k").send();
    let error = get().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(503));
    assert_eq!(code(&error.into_service_error()), "SlowDown");
    assert_eq!(hits.count(), 1);
    get().await.unwrap();
    assert_eq!(world.aws().stats().of("GetObject"), 2);
    let url = world.queue("q").await;
    let down = Fault::Status { status: 500, code: "InternalError".into() };
    world.aws().inject(FaultPlan::new("ReceiveMessage", down));
    let error = world.receive(&url).send().await.unwrap_err().into_service_error();
    assert_eq!(code(&error), "InternalError");
    world.aws().clear_faults();
    world.receive(&url).send().await.unwrap();
}

#[tokio::test]
async fn a_body_is_cut() {
    let world = World::new().await;
    world.bucket("box").await;
    world.put("box", "k", vec![7; 300_000]).await;
    world.aws().inject(FaultPlan::new("GetObject", Fault::CutBody { after: 100_000 }).times(1));
    let mut got = world.s3.get_object().bucket("box").key("k").send().await.unwrap();
    assert_eq!(got.content_length, Some(300_000));
    let mut read = 0;
    let end = loop {
        match got.body.next().await {
            Some(Ok(bytes)) => read += bytes.len(),
            end => break end,
        }
    };
    assert!(matches!(end, Some(Err(_))));
    assert_eq!(read, 100_000);
}

#[tokio::test]
async fn one_bit_of_a_body_is_another_and_only_on_its_way() {
    let world = World::new().await;
    world.bucket("box").await;
    let body: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    world.put("box", "k", body.clone()).await;
    let inject = |fault| world.aws().inject(FaultPlan::new("GetObject", fault).times(1));
    let (flips, beyond) =
        (inject(Fault::FlipBody { at: 150_000 }), inject(Fault::FlipBody { at: 300_000 }));
    // Whatever else happens to the body.
    inject(Fault::StallBody { after: 149_999, pause: Duration::from_millis(1) });
    // A client that does not compare checksums.
    let config = world.s3.config().to_builder();
    let careless = config.response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    let careless = aws_sdk_s3::Client::from_conf(careless.build());
    let get = async |range: Option<&str>| {
        let get = careless.get_object().bucket("box").key("k");
        let got = get.set_range(range.map(str::to_owned)).send().await.unwrap();
        got.body.collect().await.unwrap().into_bytes()
    };
    let mut changed = body.clone();
    changed[150_000] ^= 1;
    assert_eq!(get(None).await, changed);
    assert_eq!((flips.count(), beyond.count()), (1, 1));
    assert_eq!(get(None).await, body, "what is stored is as it was");
    inject(Fault::FlipBody { at: 10 });
    changed = body[100..].to_vec();
    changed[10] ^= 1;
    assert_eq!(get(Some("bytes=100-")).await, changed, "counted from the answer's first byte");
}

#[tokio::test]
async fn a_body_stalls_and_goes_on() {
    let world = World::new().await;
    world.bucket("box").await;
    let body: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    world.put("box", "k", body.clone()).await;
    let pause = Duration::from_millis(100);
    world
        .aws()
        .inject(FaultPlan::new("GetObject", Fault::StallBody { after: 1000, pause }).times(1));
    let started = Instant::now();
    let got = world.s3.get_object().bucket("box").key("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), body);
    assert!(started.elapsed() >= pause);
}

#[tokio::test]
async fn entries_of_a_batch_fail() {
    let world = World::new().await;
    let url = world.queue("q").await;
    for _ in 0..3 {
        world.send(&url, "m").await;
    }
    let entries = world.receive_now(&url).await.into_iter().enumerate().map(|(at, message)| {
        DeleteEntry::builder().id(at.to_string()).receipt_handle(receipt(&message)).build().unwrap()
    });
    let entries: Vec<_> = entries.collect();
    let fault = Fault::FailEntries { entries: vec![1], code: "InternalError".into() };
    world.aws().inject(FaultPlan::new("DeleteMessageBatch", fault).times(1));
    let delete = || {
        world.sqs.delete_message_batch().queue_url(&url).set_entries(Some(entries.clone())).send()
    };
    let outcome = delete().await.unwrap();
    assert_eq!((outcome.successful().len(), outcome.failed().len()), (2, 1));
    assert_eq!((outcome.failed()[0].id(), outcome.failed()[0].code()), ("1", "InternalError"));
    assert!(!outcome.failed()[0].sender_fault());
    assert_eq!(world.counts("q"), [0, 1, 0]);
    assert!(delete().await.unwrap().failed().is_empty());
    assert!(world.look("q").is_empty());
}

#[tokio::test]
async fn entries_of_a_batch_for_a_topic_fail() {
    let world = World::new().await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    world.queue("q").await;
    let subscribe = world.sns.subscribe().topic_arn(&topic).protocol("sqs");
    subscribe.endpoint("arn:aws:sqs:us-east-1:000000000000:q").send().await.unwrap();
    let fault = Fault::FailEntries { entries: vec![0], code: "InternalError".into() };
    world.aws().inject(FaultPlan::new("PublishBatch", fault).times(1));
    let entry = |id: &str| PublishEntry::builder().id(id).message(id).build().unwrap();
    let batch = world.sns.publish_batch().topic_arn(&topic);
    let batch =
        batch.publish_batch_request_entries(entry("a")).publish_batch_request_entries(entry("b"));
    let outcome = batch.send().await.unwrap();
    assert_eq!(outcome.successful()[0].id(), Some("b"));
    assert_eq!((outcome.failed()[0].id(), outcome.failed()[0].code()), ("a", "InternalError"));
    assert!(!outcome.failed()[0].sender_fault());
    assert_eq!(world.counts("q"), [1, 0, 0]);
}

#[tokio::test]
async fn a_share_of_the_requests_is_struck_and_no_other_operation() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let down = Fault::Status { status: 503, code: "ServiceUnavailable".into() };
    let hits = world.aws().inject(FaultPlan::new("SendMessage", down).share(0.3, 7));
    let (mut sent, mut refused) = (0, 0);
    for _ in 0..100 {
        match world.sqs.send_message().queue_url(&url).message_body("m").send().await {
            Ok(_) => sent += 1,
            Err(error) => {
                assert_eq!(
                    error.raw_response().map(|response| response.status().as_u16()),
                    Some(503)
                );
                refused += 1;
            }
        }
        world.sqs.list_queues().send().await.unwrap();
    }
    assert!((20..=40).contains(&refused), "{refused} of 100 at 0.3");
    assert_eq!((hits.count(), world.counts("q")), (refused, [sent, 0, 0]));
}

#[tokio::test]
async fn a_lost_answer_has_its_effect() {
    let world = World::new().await;
    let url = world.queue("q").await;
    world.send(&url, "m").await;
    let message = world.receive_one(&url).await;
    world.aws().inject(FaultPlan::new("DeleteMessage", Fault::LostAnswer).times(1));
    let delete =
        world.sqs.delete_message().queue_url(&url).receipt_handle(receipt(&message)).send().await;
    assert!(delete.unwrap_err().raw_response().is_none());
    assert!(world.look("q").is_empty());
}

#[tokio::test]
async fn each_service_can_lose_its_answer_and_be_refused() {
    let world = World::new().await;
    world.bucket("box").await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    world.queue("q").await;
    let subscribe = world.sns.subscribe().topic_arn(&topic).protocol("sqs");
    subscribe.endpoint("arn:aws:sqs:us-east-1:000000000000:q").send().await.unwrap();
    let put = || world.s3.put_object().bucket("box").key("k").body(b"x".to_vec().into()).send();
    let publish = || world.sns.publish().topic_arn(&topic).message("m").send();
    for operation in ["PutObject", "Publish"] {
        world.aws().inject(FaultPlan::new(operation, Fault::LostAnswer).times(1));
        let refused = Fault::Status { status: 503, code: "ServiceUnavailable".into() };
        world.aws().inject(FaultPlan::new(operation, refused).skip(1).times(1));
    }
    assert!(put().await.unwrap_err().raw_response().is_none());
    assert!(publish().await.unwrap_err().raw_response().is_none());
    world.s3.head_object().bucket("box").key("k").send().await.unwrap();
    assert_eq!(world.counts("q"), [1, 0, 0]);
    let error = put().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(503));
    assert_eq!(code(&error.into_service_error()), "ServiceUnavailable");
    let error = publish().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(503));
    assert_eq!(code(&error.into_service_error()), "ServiceUnavailable");
    assert_eq!(world.counts("q"), [1, 0, 0]);
}

#[tokio::test]
async fn a_delay_is_before_the_effect_or_after_it() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let send = || tokio::spawn(world.sqs.send_message().queue_url(&url).message_body("m").send());
    let long = Duration::from_secs(3600);
    let hits = world.aws().inject(FaultPlan::new("SendMessage", Fault::Delay(long)).times(1));
    let sending = send();
    until(|| hits.count() == 1).await;
    world.sqs.list_queues().send().await.unwrap();
    assert!(world.look("q").is_empty() && !sending.is_finished());
    world.aws().inject(FaultPlan::new("SendMessage", Fault::DelayAnswer(long)).times(1));
    let answering = send();
    until(|| world.look("q").visible == 1).await;
    assert!(!answering.is_finished());
}

#[tokio::test]
async fn a_delayed_request_takes_effect_without_its_client() {
    let world = World::new().await;
    let url = world.queue("q").await;
    let hits = world
        .aws()
        .inject(FaultPlan::new("SendMessage", Fault::Delay(Duration::from_millis(100))).times(1));
    let sending = tokio::spawn(world.sqs.send_message().queue_url(&url).message_body("m").send());
    until(|| hits.count() == 1).await;
    sending.abort();
    until(|| world.look("q").visible == 1).await;
}

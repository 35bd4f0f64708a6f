//! What is written into logs, at the most verbose level, by this library and by what it is built
//! on: no credential, and by the library no piece of a record.
//!
//! A program of its own, because there is one subscriber for all targets and all threads.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

#[path = "logs/gather.rs"]
mod gather;

use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use gather::Gather;
use local_aws::{Backend, BackendKind, Embedded};
use s3_sqs_processor::{
    Ack, BatchError, BatchProcessor, Builder, Context, DeferredProcessor, Limits, Pipeline,
    ProcessError, Record, RecordProcessor, Stats, provision::Provision,
};
use std::time::Duration;

/// What no line may hold, each in a place of its own. All begin alike, so that cut off they are
/// found too.
const RECORD: &str = "MARK-of-a-record";
const MESSAGE: &str = "MARK-of-a-message";
const SECRET: &str = "MARK-of-a-secret-access-key";
const TOKEN: &str = "MARK-of-a-session-token";
const CONFIRMATION: &str = "MARK-of-a-message-that-confirms";

/// Fails with its own words, or panics.
struct Fails;

impl RecordProcessor for Fails {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        tokio::task::yield_now().await;
        match record.object().key() {
            "panics.json" => panic!("as the test wants it"),
            "fails.json" => Err(ProcessError::retry(format!("as the test wants it: {record:?}"))),
            "syntax.json" => {
                serde_json::from_slice::<serde_json::Value>(record.payload())?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl BatchProcessor for Fails {
    async fn process_batch(&self, records: &[Record<'_>], _cx: &Context) -> Result<(), BatchError> {
        let failed =
            records.iter().enumerate().filter(|(_, record)| record.object().key() == "fails.json");
        BatchError::of(
            failed.map(|(i, _)| {
                (i, ProcessError::reject(format!("as the test wants it: {records:?}")))
            }),
        )
    }
}

impl DeferredProcessor for Fails {
    async fn accept(&self, record: Record<'_>, _cx: &Context, ack: Ack) {
        match record.object().key() {
            "fails.json" => {
                ack.fail(ProcessError::retry(format!("as the test wants it: {record:?}")));
            }
            "panics.json" => drop(ack),
            _ => ack.done(),
        }
    }
}

fn objects() -> Vec<(&'static str, Vec<u8>)> {
    let record = format!(r#"{{"a":"{RECORD}"}}"#);
    let mut broken = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    broken.extend_from_slice(record.as_bytes());
    vec![
        ("good.json", record.repeat(100).into_bytes()),
        ("fails.json", record.repeat(20).into_bytes()),
        ("panics.json", record.repeat(2).into_bytes()),
        ("syntax.json", format!(r#"{{"a":"{RECORD}" "b"}}"#).into_bytes()),
        ("large.json", format!(r#"{{"a":"{}"}}"#, RECORD.repeat(1_000)).into_bytes()),
        ("partial.json", format!(r#"{record}{{"a":"{RECORD}"#).into_bytes()),
        ("stray.json", format!("{record}{RECORD}").into_bytes()),
        ("broken.gz", broken),
    ]
}

/// Bodies that are no notifications.
fn bodies() -> Vec<String> {
    vec![
        MESSAGE.to_owned(),
        format!(r#"{{"a":"{MESSAGE}"}}"#),
        format!(
            r#"{{"Type":"SubscriptionConfirmation","Token":"{CONFIRMATION}",
                "SubscribeURL":"{CONFIRMATION}"}}"#
        ),
        format!(
            r#"{{"Type":"Notification","Message":"{MESSAGE}","UnsubscribeURL":"{CONFIRMATION}"}}"#
        ),
    ]
}

/// Runs until the counters show it, then stops.
async fn run(builder: Builder, logs: &Gather, shows: impl Fn(&Stats) -> bool) -> Stats {
    let builder = builder
        .wait_time(Duration::from_secs(1))
        .decoder_threads(1)
        .drain_timeout(Duration::from_secs(5));
    let shown = format!("{builder:?}");
    let pipeline = builder.build().unwrap();
    let handle = pipeline.handle();
    let watch = async {
        while !shows(&handle.stats()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let limit = tokio::time::timeout(Duration::from_secs(90), watch);
    let until =
        async { assert!(limit.await.is_ok(), "{:#?}\n{}", handle.stats(), logs.ours().join("\n")) };
    let stats = Box::pin(pipeline.run_until(until)).await.unwrap();
    for text in [shown, format!("{handle:?} {stats:?}")] {
        assert!(!text.contains("MARK"), "{text}");
    }
    stats
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_records_nor_credentials_are_ever_logged() {
    let logs = Gather::install();
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let provisioned =
        Provision::new("logs").visibility_timeout(Duration::from_secs(300)).max_receives(2);
    let provisioned = provisioned.apply(&config).await.unwrap();
    let (url, bucket) = (&provisioned.queues[0].url, &provisioned.bucket.name);
    let s3 = Backend::s3(&config);
    for (key, body) in objects() {
        s3.put_object().bucket(bucket).key(key).body(body.into()).send().await.unwrap();
    }
    for body in bodies() {
        Backend::sqs(&config)
            .send_message()
            .queue_url(url)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    // From here on, what is logged is the consumer's doing.
    logs.begin();

    let with_credentials = |secret: &str| {
        let credentials =
            Credentials::new(Embedded::ACCESS_KEY, secret, Some(TOKEN.to_owned()), None, "test");
        let config = config.clone().into_builder();
        let config =
            config.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Pipeline::builder().queue_url(url).aws_config(config)
    };
    let builder = with_credentials(Embedded::SECRET_KEY)
        .processor("record", Fails)
        .batch_processor("batch", Fails)
        .deferred_processor("deferred", Fails)
        .limits(Limits::default().record_bytes(10_000));
    let all = (objects().len() as u64, bodies().len() as u64);
    let stats = run(builder, &logs, |stats| {
        (stats.objects.done + stats.objects.failed, stats.messages.unreadable) == all
    })
    .await;
    assert_eq!(stats.objects.done, 1, "{stats:#?}");

    // The embedded S3 compares signatures.
    s3.put_object()
        .bucket(bucket)
        .key("again.json")
        .body(b"{}".to_vec().into())
        .send()
        .await
        .unwrap();
    let denied = |_: &Stats| logs.ours().iter().any(|line| line.contains("SignatureDoesNotMatch"));
    run(with_credentials(SECRET).processor("record", Fails), &logs, denied).await;

    let ours = logs.ours();
    for said in [
        "record failed",
        "could not be read to its end",
        "not understood",
        "panicked",
        "a request failed",
    ] {
        assert!(ours.iter().any(|line| line.contains(said)), "nothing says: {said}");
    }
    let leaks: Vec<_> = ours.iter().filter(|line| line.contains("MARK")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");

    let theirs = logs.theirs();
    assert!(
        theirs.iter().any(|line| line.contains("TRACE aws_"))
            && theirs.iter().any(|line| line.contains("TRACE hyper"))
    );
    let leaks: Vec<_> =
        theirs.iter().filter(|line| line.contains(SECRET) || line.contains(TOKEN)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(theirs.iter().any(|line| line.contains("x-amz-security-token")), "requests are shown");
    // The SDK shows the answers of the queue as they came. docs/security.md says so.
    let mut showing: Vec<_> =
        theirs.iter().filter_map(|line| Some((shown(line)?, gather::whence(line)))).collect();
    showing.sort_unstable();
    showing.dedup();
    let answers = [
        "TRACE aws_smithy_runtime::client::orchestrator",
        "TRACE aws_smithy_runtime::client::orchestrator::http",
    ];
    assert_eq!(showing, answers.map(|whence| (MESSAGE, whence.to_owned())));
}

/// Which mark a line shows, the worst first.
fn shown(line: &str) -> Option<&'static str> {
    [RECORD, MESSAGE].into_iter().find(|mark| line.contains(mark))
}

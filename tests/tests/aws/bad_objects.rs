//! Objects that are missing, cut off, or not to be read.

use crate::harness::{
    Counts, Setup, Sink, World, entry, eventually, gzip, logged, ndjson, notification, records,
};
use local_aws::{BackendKind, Fault, FaultPlan};

async fn world(name: &str) -> World {
    Setup::new(name).visibility(3).max_receives(1).make().await
}

/// The only message fails once, is never deleted, and goes to the dead-letter queue; what is logged
/// names the object.
async fn ends_in_the_dead_letter_queue(
    world: &World,
    key: &str,
    expected: &[String],
    texts: &[&str],
) {
    let sink = Sink::new();
    let consumer = world.consume(&sink);
    let url = world.dead_letter_url();
    eventually("the dead letter", async || (world.counts(url).await.visible == 1).then_some(()))
        .await;
    let stats = consumer.stop().await;

    let messages = &stats.messages;
    assert_eq!((messages.received, messages.deleted), (1, 0));
    // A busy server may leave the release unanswered for a quarter of the short timeout: then it is
    // left to that.
    assert_eq!(messages.released + messages.left_to_time_out + messages.lease_lost, 1);
    assert_eq!((stats.objects.unreadable, stats.objects.done), (1, 0));
    sink.assert_each_once(expected.to_vec());
    let object = format!("s3://{}/{key}", world.bucket);
    let lines = logged(&["WARN", &object, "could not be read"]);
    assert_eq!(lines.len(), 1, "one message: {lines:#?}");
    for text in texts {
        assert!(lines[0].contains(text), "{text}: {}", lines[0]);
    }
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
    let letters = world.dead_letters(1).await;
    assert!(letters[0].contains(&world.bucket), "{letters:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_15_a_missing_object_is_left_for_redrive() {
    let world = world("missing").await;
    world.put("deleted.json", r#"{"a":1}"#).await;
    world.delete("deleted.json").await;
    ends_in_the_dead_letter_queue(&world, "deleted.json", &[], &["NoSuchKey", "Gone"]).await;
}

/// The first notification was processed and the object deleted then; S3 sends the notification
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_15_the_second_notification_of_a_deleted_object_is_left_for_redrive() {
    let world = world("again").await;
    let two = records("record", 2);
    world.put("once.json", ndjson(&two)).await;
    let sink = Sink::new();
    world.consume(&sink).finish(1).await;
    sink.assert_each_once(two);

    world.delete("once.json").await;
    world.send(&notification([entry(&world.bucket, "once.json")])).await;
    ends_in_the_dead_letter_queue(&world, "once.json", &[], &["NoSuchKey"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_15_a_bucket_that_does_not_exist_is_left_for_redrive() {
    let mut world = world("no-bucket").await;
    world.bucket = format!("{}-elsewhere", world.bucket);
    world.send(&notification([entry(&world.bucket, "file.json")])).await;
    ends_in_the_dead_letter_queue(&world, "file.json", &[], &["NoSuchBucket"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_21_truncated_gzip_is_never_deleted() {
    let world = world("truncated").await;
    let two = records("record", 2);
    let mut packed = gzip(&ndjson(&two));
    // All of the records, but not all of the checksum that says so.
    packed.truncate(packed.len() - 3);
    world.put("cut.gz", packed).await;
    ends_in_the_dead_letter_queue(&world, "cut.gz", &two, &["gzip"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_26_a_json_value_that_is_cut_off_is_a_failure() {
    let world = world("partial").await;
    let two = records("record", 2);
    world.put("partial.json", format!(r#"{}{{"id":"rec"#, two.concat())).await;
    ends_in_the_dead_letter_queue(
        &world,
        "partial.json",
        &two,
        &["PartialRecord", "inside the record that begins"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_27_a_stray_bracket_is_a_failure_with_its_offset() {
    let world = world("stray").await;
    let one = records("record", 1);
    let at = one[0].len();
    world.put("stray.json", format!("{}]{{}}", one[0])).await;
    ends_in_the_dead_letter_queue(&world, "stray.json", &one, &[&at.to_string()]).await;
}

/// LocalStack checks no permissions, so this is on the embedded AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_15_a_denied_object_fails_alone_and_is_named() {
    let world = Setup::on(BackendKind::Embedded, "denied").visibility(3).make().await;
    let embedded = world.backend.embedded().expect("asked for");
    let denied = Fault::Status { status: 403, code: "AccessDenied".into() };
    embedded.inject(
        FaultPlan::new("GetObject", denied).matching(format!("{}/secret", world.bucket)).times(1),
    );
    world.put("secret.json", r#"{"is":"secret"}"#).await;
    world.put("open.json", r#"{"is":"open"}"#).await;

    let sink = Sink::new();
    let consumer = world.consume(&sink);
    consumer
        .until("one is released, one deleted", |stats| {
            stats.messages.released + stats.messages.deleted == 2
        })
        .await;
    let stats = consumer.finish(2).await;
    sink.assert_each_once([r#"{"is":"open"}"#, r#"{"is":"secret"}"#].map(String::from));
    assert_eq!(
        (stats.objects.unreadable, stats.messages.released, stats.messages.deleted),
        (1, 1, 2)
    );
    let lines = logged(&["WARN", &format!("s3://{}/secret.json", world.bucket)]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("AccessDenied"), "{lines:?}");
    world.assert_all_gone().await;
}

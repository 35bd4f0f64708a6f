//! What is not there.

use crate::conformance::aws::{Aws, alike, outcome, unique};
use crate::conformance::case::Case;
use crate::conformance::subject::{Read, Subject, text};

const ERRORS: &str = "Error responses";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "a key or bucket that does not exist",
            "GetObject",
            "key: gone, bucket: gone",
            gone,
        ),
        Case::services("a missing key", ERRORS, "404 NoSuchKey", key),
        Case::services("a missing bucket", ERRORS, "404 NoSuchBucket", bucket),
        Case::services("the head of a missing key or bucket", "HeadObject", "404 NotFound", head),
        Case::services("the delete of a missing key", "DeleteObject", "done", delete),
        Case::services(
            "a bucket that somebody else is to own",
            "Verifying bucket ownership with bucket owner condition",
            "403 AccessDenied",
            owner,
        ),
    ]
}

async fn gone(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    let key = text(s.read(&bucket, "none", Read::default()).await);
    format!("key: {key}, bucket: {}", text(s.read(&unique(), "none", Read::default()).await))
}

async fn key(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    outcome(aws.s3.get_object().bucket(bucket).key("none").send().await)
}

async fn bucket(aws: Aws) -> String {
    let name = unique();
    alike([
        outcome(aws.s3.get_object().bucket(&name).key("none").send().await),
        outcome(
            aws.s3.put_object().bucket(&name).key("none").body(b"m".to_vec().into()).send().await,
        ),
        outcome(aws.s3.list_objects_v2().bucket(&name).send().await),
    ])
}

async fn head(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    alike([
        outcome(aws.s3.head_object().bucket(bucket).key("none").send().await),
        outcome(aws.s3.head_object().bucket(unique()).key("none").send().await),
        outcome(aws.s3.head_bucket().bucket(unique()).send().await),
    ])
}

async fn delete(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    outcome(aws.s3.delete_object().bucket(bucket).key("none").send().await)
}

async fn owner(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "m").await;
    outcome(
        aws.s3
            .get_object()
            .bucket(bucket)
            .key("k")
            .expected_bucket_owner("111122223333")
            .send()
            .await,
    )
}

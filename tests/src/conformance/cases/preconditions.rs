//! Reads and writes that depend on the ETag.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Read, Subject, text};

const PAGE: &str = "GetObject";
const WRITES: &str = "How to prevent object overwrites with conditional writes";
const DELETES: &str = "How to perform conditional deletes";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports(
            "a read if the ETag is this",
            PAGE,
            "whole: 0123456789, from byte 5: 56789",
            matching,
        ),
        Case::ports(
            "a read if the ETag is another",
            PAGE,
            "whole: changed, from byte 5: changed",
            other,
        ),
        Case::services("the answer if the ETag is another", PAGE, "412 PreconditionFailed", failed),
        Case::services("a read unless the ETag is this", PAGE, "304", unless),
        Case::services(
            "a write where nothing may be",
            WRITES,
            "first: done, again: 412 PreconditionFailed",
            once,
        ),
        Case::services(
            "a delete if the ETag is another, or this",
            DELETES,
            "another: 412 PreconditionFailed, there; this: done, gone",
            deleted,
        ),
    ]
}

async fn matching(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    let (etag, _) = s.put(&bucket, "k", b"0123456789").await;
    let read = |from| s.read(&bucket, "k", Read { from, if_match: Some(&etag), version: None });
    format!("whole: {}, from byte 5: {}", text(read(0).await), text(read(5).await))
}

async fn other(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    let (etag, _) = s.put(&bucket, "k", b"0123456789").await;
    s.put(&bucket, "k", b"9876543210").await;
    let read = |from| s.read(&bucket, "k", Read { from, if_match: Some(&etag), version: None });
    format!("whole: {}, from byte 5: {}", text(read(0).await), text(read(5).await))
}

async fn failed(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "0123456789").await;
    let get = || {
        aws.s3
            .get_object()
            .bucket(&bucket)
            .key("k")
            .if_match("\"0123456789abcdef0123456789abcdef\"")
    };
    alike([
        outcome(get().send().await),
        outcome(get().range("bytes=5-").send().await),
        // It comes before the range is looked at.
        outcome(get().range("bytes=10-").send().await),
    ])
}

async fn unless(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "0123456789").await;
    let etag = aws.s3.head_object().bucket(&bucket).key("k").send().await.unwrap().e_tag.unwrap();
    let got = aws.s3.get_object().bucket(&bucket).key("k").if_none_match(etag).send().await;
    // An answer without a body has no code.
    outcome(got).split(' ').next().unwrap_or_default().to_owned()
}

async fn deleted(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "0123456789").await;
    let head = || aws.s3.head_object().bucket(&bucket).key("k").send();
    let etag = head().await.unwrap().e_tag.unwrap();
    let mut seen = Vec::new();
    for (name, etag) in
        [("another", "\"0123456789abcdef0123456789abcdef\""), ("this", etag.as_str())]
    {
        let delete = aws.s3.delete_object().bucket(&bucket).key("k").if_match(etag);
        let answer = outcome(delete.send().await);
        let left = if head().await.is_ok() { "there" } else { "gone" };
        seen.push(format!("{name}: {answer}, {left}"));
    }
    seen.join("; ")
}

async fn once(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = || {
        aws.s3
            .put_object()
            .bucket(&bucket)
            .key("k")
            .body(b"m".to_vec().into())
            .if_none_match("*")
            .send()
    };
    format!("first: {}, again: {}", outcome(put().await), outcome(put().await))
}

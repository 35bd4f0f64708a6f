//! Reads of a part of an object.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Read, Subject, text};

const PAGE: &str = "GetObject";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports("a read from a byte on", PAGE, "56789", from),
        Case::ports("a read from the object's end on", PAGE, "refused", from_end),
        Case::ports("an empty object", PAGE, "read whole: empty, from byte 1: refused", empty),
        Case::services("from byte to byte", PAGE, "206 bytes 2-4/10 234", middle),
        Case::services("beyond the end", PAGE, "206 bytes 5-9/10 56789", clipped),
        Case::services("the last bytes", PAGE, "206 bytes 8-9/10 89", suffix),
        Case::services(
            "more last bytes than there are",
            PAGE,
            "206 bytes 0-9/10 0123456789",
            long_suffix,
        ),
        Case::services("none that the object has", PAGE, "416 InvalidRange", outside),
        Case::services(
            "the first bytes of an empty object",
            PAGE,
            "416 InvalidRange",
            first_of_empty,
        ),
        Case::services("the last bytes of an empty object", PAGE, "200", last_of_empty),
        Case::services("a range that ends before it begins", PAGE, "200 0123456789", backwards),
    ]
}

async fn from(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    s.put(&bucket, "k", b"0123456789").await;
    text(s.read(&bucket, "k", Read { from: 5, ..Read::default() }).await)
}

async fn from_end(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    s.put(&bucket, "k", b"0123456789").await;
    text(s.read(&bucket, "k", Read { from: 10, ..Read::default() }).await)
}

async fn empty(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    s.put(&bucket, "k", b"").await;
    let whole = s.read(&bucket, "k", Read::default()).await;
    let whole =
        if whole.as_ref().is_ok_and(Vec::is_empty) { "empty".to_owned() } else { text(whole) };
    format!(
        "read whole: {whole}, from byte 1: {}",
        text(s.read(&bucket, "k", Read { from: 1, ..Read::default() }).await)
    )
}

async fn ranged(aws: &Aws, body: &str, range: &str) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", body).await;
    let got = match aws.s3.get_object().bucket(&bucket).key("k").range(range).send().await {
        Ok(got) => got,
        error => return outcome(error),
    };
    let shown = got.content_range.clone();
    let body = got.body.collect().await.unwrap().to_vec();
    let body = String::from_utf8_lossy(&body);
    // The SDK does not tell 206 from 200; only a partial answer says which part it is.
    let seen = shown.map_or_else(|| format!("200 {body}"), |shown| format!("206 {shown} {body}"));
    seen.trim_end().to_owned()
}

async fn middle(aws: Aws) -> String {
    ranged(&aws, "0123456789", "bytes=2-4").await
}

async fn clipped(aws: Aws) -> String {
    ranged(&aws, "0123456789", "bytes=5-99").await
}

async fn suffix(aws: Aws) -> String {
    ranged(&aws, "0123456789", "bytes=-2").await
}

async fn long_suffix(aws: Aws) -> String {
    ranged(&aws, "0123456789", "bytes=-99").await
}

async fn outside(aws: Aws) -> String {
    alike([
        ranged(&aws, "0123456789", "bytes=10-").await,
        ranged(&aws, "0123456789", "bytes=-0").await,
    ])
}

async fn first_of_empty(aws: Aws) -> String {
    ranged(&aws, "", "bytes=0-").await
}

/// A range of last bytes is met unless it is of none, says RFC 9110, which AWS names.
async fn last_of_empty(aws: Aws) -> String {
    ranged(&aws, "", "bytes=-5").await
}

async fn backwards(aws: Aws) -> String {
    ranged(&aws, "0123456789", "bytes=5-2").await
}

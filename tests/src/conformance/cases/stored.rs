//! What is stored with an object and comes back with it.

use crate::conformance::aws::{Aws, outcome};
use crate::conformance::case::Case;
use crate::conformance::checksums;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm as Algorithm, ChecksumMode};

const PUT: &str = "PutObject";
const INTEGRITY: &str = "Checking object integrity in Amazon S3";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services("Content-Encoding and metadata", PUT, "as sent, the body too", headers),
        Case::services(
            "no Content-Type given",
            "Working with object metadata",
            "binary/octet-stream",
            content_type,
        ),
        Case::services(
            "a checksum of the client's",
            INTEGRITY,
            "as sent, of the whole object",
            checksums,
        ),
        Case::services("a checksum with a range", INTEGRITY, "none", ranged),
        Case::services("an upload without a checksum", INTEGRITY, "CRC64NVME", default),
        Case::services("a wrong checksum", INTEGRITY, "400 BadDigest", wrong),
        Case::services("a wrong Content-MD5", "Error responses", "400 BadDigest", wrong_md5),
        Case::services(
            "metadata of more than 2 KB",
            "Working with object metadata",
            "400 MetadataTooLarge",
            large,
        ),
        Case::services("the ETag of one upload", "Object", "the MD5 of its bytes", etag),
    ]
}

async fn get(aws: &Aws, bucket: &str) -> GetObjectOutput {
    aws.s3
        .get_object()
        .bucket(bucket)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap()
}

async fn headers(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = aws.s3.put_object().bucket(&bucket).key("k").body(b"not gzip".to_vec().into());
    put.content_encoding("gzip").content_type("a/b").metadata("who", "me").send().await.unwrap();
    let got = get(&aws, &bucket).await;
    let metadata = got.metadata.clone().unwrap_or_default();
    let seen =
        (got.content_encoding.clone(), got.content_type.clone(), metadata.get("who").cloned());
    let body = got.body.collect().await.unwrap().to_vec();
    if seen == (Some("gzip".into()), Some("a/b".into()), Some("me".into())) && body == b"not gzip" {
        return "as sent, the body too".to_owned();
    }
    format!("{seen:?} {}", String::from_utf8_lossy(&body))
}

/// Only an upload in parts can leave it out: for others the SDK fills it in.
async fn content_type(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    super::uploads::upload(&aws, &bucket, None, &[b"m"]).await.unwrap();
    get(&aws, &bucket).await.content_type.unwrap_or_default()
}

async fn checksums(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let mut wrong = Vec::new();
    for (algorithm, value) in [
        (Algorithm::Crc32, "NhCmhg=="),
        (Algorithm::Crc32C, "mnG7TA=="),
        (Algorithm::Crc64Nvme, "M3eFcAZSQlc="),
        (Algorithm::Sha1, "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        (Algorithm::Sha256, "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
    ] {
        let put = aws.s3.put_object().bucket(&bucket).key("k").body(b"hello".to_vec().into());
        let put = put.checksum_algorithm(algorithm.clone()).send().await;
        let got = get(&aws, &bucket).await;
        let kind = got.checksum_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default();
        if put.is_err()
            || checksums::of(&got) != [(algorithm.as_str(), value)]
            || kind != "FULL_OBJECT"
        {
            wrong.push(format!("{algorithm}: {} {:?} {kind}", outcome(put), checksums::of(&got)));
        }
    }
    if wrong.is_empty() { "as sent, of the whole object".to_owned() } else { wrong.join(", ") }
}

async fn ranged(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "0123456789").await;
    let get = aws.s3.get_object().bucket(&bucket).key("k").checksum_mode(ChecksumMode::Enabled);
    let got = get.range("bytes=2-4").send().await.unwrap();
    match checksums::of(&got)[..] {
        [] => "none".to_owned(),
        [(name, _), ..] => name.to_owned(),
    }
}

async fn default(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = checksums::client_without(&aws)
        .put_object()
        .bucket(&bucket)
        .key("k")
        .body(b"m".to_vec().into());
    put.send().await.unwrap();
    checksums::of(&get(&aws, &bucket).await).first().map_or("none", |(name, _)| name).to_owned()
}

async fn wrong(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = aws.s3.put_object().bucket(&bucket).key("k").body(b"hello".to_vec().into());
    outcome(put.checksum_crc32("AAAAAA==").send().await)
}

async fn wrong_md5(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = aws.s3.put_object().bucket(&bucket).key("k").body(b"hello".to_vec().into());
    outcome(put.content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await)
}

async fn large(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = |bytes| {
        let put = aws.s3.put_object().bucket(&bucket).key("k").body(b"m".to_vec().into());
        put.metadata("a", "x".repeat(bytes)).send()
    };
    // Names count too.
    assert_eq!(outcome(put(2047).await), "done");
    outcome(put(2048).await)
}

async fn etag(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "hello").await;
    match get(&aws, &bucket).await.e_tag.unwrap().as_str() {
        "\"5d41402abc4b2a76b9719d911017c592\"" => "the MD5 of its bytes".to_owned(),
        other => other.to_owned(),
    }
}

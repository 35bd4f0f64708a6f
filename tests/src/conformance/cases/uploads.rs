//! Uploads in parts, and the limits of S3.

use crate::conformance::aws::{Aws, outcome};
use crate::conformance::case::Case;
use crate::conformance::checksums;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::complete_multipart_upload::{
    CompleteMultipartUploadError, CompleteMultipartUploadOutput,
};
use aws_sdk_s3::types::{
    ChecksumAlgorithm as Algorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, Delete,
    ObjectIdentifier,
};

const LIMITS: &str = "Amazon S3 multipart upload limits";
const INTEGRITY: &str = "Checking object integrity in Amazon S3";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::services(
            "an upload in two parts",
            INTEGRITY,
            "an ETag of two parts, COMPOSITE CRC32 of two parts",
            parts,
        ),
        Case::services(
            "an upload in parts without a checksum",
            INTEGRITY,
            "FULL_OBJECT CRC64NVME",
            unchecked,
        ),
        Case::services(
            "a part below 5 MiB that is not the last",
            LIMITS,
            "400 EntityTooSmall",
            small,
        ),
        Case::services(
            "an upload that was aborted",
            "AbortMultipartUpload",
            "404 NoSuchUpload",
            aborted,
        ),
        Case::services(
            "keys of 1,024 bytes and one more",
            "Naming Amazon S3 objects",
            "1,024: done, 1,025: 400 KeyTooLongError",
            long_key,
        ),
        Case::services(
            "the delete of 1,001 keys at once",
            "DeleteObjects",
            "400 MalformedXML",
            many,
        ),
    ]
}

type Completed = Result<CompleteMultipartUploadOutput, SdkError<CompleteMultipartUploadError>>;

/// Uploads the object `k` in these parts; without an algorithm none of them has a checksum.
pub(super) async fn upload(
    aws: &Aws,
    bucket: &str,
    algorithm: Option<Algorithm>,
    bodies: &[&[u8]],
) -> Completed {
    let s3 = if algorithm.is_some() { aws.s3.clone() } else { checksums::client_without(aws) };
    let create = s3
        .create_multipart_upload()
        .bucket(bucket)
        .key("k")
        .set_checksum_algorithm(algorithm.clone());
    let id = create.send().await.unwrap().upload_id.unwrap();
    let mut parts = CompletedMultipartUpload::builder();
    for (number, body) in (1..).zip(bodies) {
        let part = s3.upload_part().bucket(bucket).key("k").upload_id(&id).part_number(number);
        let part = part.set_checksum_algorithm(algorithm.clone());
        let done = part.body(body.to_vec().into()).send().await.unwrap();
        let part = CompletedPart::builder().part_number(number).set_e_tag(done.e_tag);
        let checksum = done.checksum_crc32.filter(|_| algorithm.is_some());
        parts = parts.parts(part.set_checksum_crc32(checksum).build());
    }
    let complete = s3.complete_multipart_upload().bucket(bucket).key("k").upload_id(&id);
    complete.multipart_upload(parts.build()).send().await
}

async fn parts(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    upload(&aws, &bucket, Some(Algorithm::Crc32), &[&vec![b'x'; 5 << 20], b"y"]).await.unwrap();
    let got = aws
        .s3
        .get_object()
        .bucket(&bucket)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    let of_two =
        |text: &str| if text.trim_matches('"').ends_with("-2") { "of two parts" } else { "of one" };
    let sums: Vec<_> = checksums::of(&got)
        .iter()
        .map(|(name, value)| format!("{name} {}", of_two(value)))
        .collect();
    let kind = got.checksum_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default();
    format!("an ETag {}, {kind} {}", of_two(got.e_tag().unwrap()), sums.join(", "))
}

async fn unchecked(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    upload(&aws, &bucket, None, &[b"y"]).await.unwrap();
    let got = aws
        .s3
        .get_object()
        .bucket(&bucket)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    let kind = got.checksum_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default();
    let names: Vec<_> = checksums::of(&got).into_iter().map(|(name, _)| name).collect();
    if names.is_empty() { "none".to_owned() } else { format!("{kind} {}", names.join(", ")) }
}

async fn small(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    outcome(upload(&aws, &bucket, None, &[b"x", b"y"]).await)
}

async fn aborted(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let id = aws
        .s3
        .create_multipart_upload()
        .bucket(&bucket)
        .key("k")
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();
    aws.s3.abort_multipart_upload().bucket(&bucket).key("k").upload_id(&id).send().await.unwrap();
    let part = aws.s3.upload_part().bucket(&bucket).key("k").upload_id(&id).part_number(1);
    outcome(part.body(b"x".to_vec().into()).send().await)
}

async fn long_key(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let put = |bytes| {
        let put = aws.s3.put_object().bucket(&bucket).key("k".repeat(bytes));
        put.body(b"m".to_vec().into()).send()
    };
    format!("1,024: {}, 1,025: {}", outcome(put(1024).await), outcome(put(1025).await))
}

async fn many(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    let keys = (0..1001)
        .map(|key| ObjectIdentifier::builder().key(key.to_string()).build().unwrap())
        .collect();
    let delete = Delete::builder().set_objects(Some(keys)).build().unwrap();
    outcome(aws.s3.delete_objects().bucket(&bucket).delete(delete).send().await)
}

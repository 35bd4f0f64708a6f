//! The fuzz targets in plain tests, as those of the crate that decodes.
//!
//! ```text
//! S3SQS_SEED=123 cargo test -p s3-sqs-processor --lib fuzz_          tries that one
//! S3SQS_SEEDS=100000 cargo test -p s3-sqs-processor --lib fuzz_      tries so many
//! ```

use crate::decode::__private::seeds::check;

#[test]
fn fuzz_notification() {
    let target = crate::notification::fuzz::notification;
    check("s3-sqs-processor", "notification", target, 2_000);
}

#[test]
fn fuzz_operations() {
    check("s3-sqs-processor", "operations", crate::tracking::fuzz::operations, 300);
}

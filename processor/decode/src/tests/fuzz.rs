//! The fuzz targets in plain tests; see [`seeds`](crate::fuzz::seeds).

use crate::fuzz::{decoder, scanner, seeds::check};

#[test]
fn fuzz_scanner() {
    check("s3-sqs-decode", "scanner", scanner, 5_000);
}

#[test]
fn fuzz_decoder() {
    check("s3-sqs-decode", "decoder", decoder, 2_000);
}

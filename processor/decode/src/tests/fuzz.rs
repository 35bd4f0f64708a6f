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

/// The formats that are not always there.
#[cfg(feature = "__private")]
mod formats {
    use super::check;
    use crate::fuzz::formats;

    #[test]
    fn fuzz_elements() {
        check("s3-sqs-decode --all-features", "elements", formats::elements, 3_000);
    }

    #[test]
    fn fuzz_csv() {
        check("s3-sqs-decode --all-features", "csv", formats::csv_objects, 3_000);
    }

    #[test]
    fn fuzz_auto() {
        check("s3-sqs-decode --all-features", "auto", formats::json_or_lines, 3_000);
    }

    #[test]
    fn fuzz_hadoop() {
        check("s3-sqs-decode --all-features", "hadoop", formats::hadoop_snappy, 3_000);
    }

    #[test]
    fn fuzz_w3c() {
        check("s3-sqs-decode --all-features", "w3c", formats::w3c, 3_000);
    }

    #[test]
    fn fuzz_cloudwatch_logs() {
        let package = "s3-sqs-decode --all-features";
        check(package, "cloudwatch_logs", formats::cloudwatch_logs, 3_000);
    }

    #[test]
    fn fuzz_firehose_errors() {
        let package = "s3-sqs-decode --all-features";
        check(package, "firehose_errors", formats::firehose_error_files, 3_000);
    }

    #[test]
    fn fuzz_codecs() {
        check("s3-sqs-decode --all-features", "codecs", formats::codecs, 3_000);
    }
}

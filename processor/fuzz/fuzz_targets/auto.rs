#![no_main]

use s3_sqs_decode::__private::formats;

libfuzzer_sys::fuzz_target!(|input: &[u8]| formats::json_or_lines(input));

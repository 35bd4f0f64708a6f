#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| s3_sqs_decode::__private::formats::w3c(input));

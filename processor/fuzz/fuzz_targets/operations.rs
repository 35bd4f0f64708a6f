#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| s3_sqs_processor::__private::operations(input));

//! Formats without a reference here: how an object arrives, and what a block holds, changes
//! nothing.

use super::{Choices, MAGIC, check_arrivals, is_packed};
use crate::{
    BuiltIn, DecodeErrorKind, DecodeLimits, auto, csv, firehose_errors, json_elements, lines,
    model::{AMPLE, Arrival, decode_as},
    w3c_log,
};

/// Elements of a list under a path.
///
/// # Panics
/// If the outcome depends on how the object arrives.
pub fn elements(input: &[u8]) {
    let path = if input.first().is_some_and(|first| first & 0x80 == 0) { "R" } else { "[]" };
    arrives_in_any_way(&json_elements(path).expect("it is a path"), input);
}

/// CSV as JSON objects.
///
/// # Panics
/// As [`elements`].
pub fn csv_objects(input: &[u8]) {
    arrives_in_any_way(&csv(), input);
}

/// JSON or lines, by the first letter.
///
/// # Panics
/// As [`elements`].
pub fn json_or_lines(input: &[u8]) {
    arrives_in_any_way(&auto(), input);
}

/// Hadoop's framing of Snappy.
///
/// # Panics
/// As [`elements`].
pub fn hadoop_snappy(input: &[u8]) {
    arrives_in_any_way(&lines().through_hadoop_snappy(), input);
}

/// W3C log files as JSON objects.
///
/// # Panics
/// As [`elements`].
pub fn w3c(input: &[u8]) {
    arrives_in_any_way(&w3c_log(), input);
}

/// Messages of CloudWatch Logs.
///
/// # Panics
/// As [`elements`].
pub fn cloudwatch_logs(input: &[u8]) {
    arrives_in_any_way(&crate::cloudwatch_logs(), input);
}

/// Firehose error files.
///
/// # Panics
/// As [`elements`].
pub fn firehose_error_files(input: &[u8]) {
    arrives_in_any_way(&firehose_errors(), input);
}

/// Compressed objects, one compression inside another too.
///
/// # Panics
/// As [`elements`].
pub fn codecs(input: &[u8]) {
    arrives_in_any_way(&lines(), input);
}

/// The first bytes choose limits, and how the object arrives.
fn arrives_in_any_way(decoder: &BuiltIn, input: &[u8]) {
    let mut choices = Choices(input);
    let choice = choices.next();
    let max_record_bytes = [AMPLE.max_record_bytes, 1 + choices.next()][choice % 2];
    let limits = DecodeLimits { max_record_bytes, max_object_bytes: 1 << 20, ..AMPLE };
    let block = [64 * 1024, 1 + choices.next()][choice / 2 % 2];
    // Only empty chunks would never get anywhere.
    let chunks = (0..choice / 4 % 4)
        .map(|_| choices.next())
        .chain([[3, usize::MAX][choice / 16 % 2]])
        .collect();
    let arrival = Arrival { chunks, end_known: choice / 32 % 2 == 1, block };
    let object = choices.0;
    let one = decode_as(decoder, limits, object, &arrival);
    let other = decode_as(decoder, limits, object, &Arrival::at_once());
    let is_damaged = one.end.is_err_and(|(kind, _)| kind == DecodeErrorKind::Stored);
    if object.starts_with(&MAGIC) || is_packed(object) || is_damaged {
        check_arrivals(&one, &other);
    } else {
        assert_eq!(one, other);
    }
}

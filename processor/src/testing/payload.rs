use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}

/// So many JSON values, one after the other without anything between them, as Firehose writes them.
pub(crate) fn undelimited(records: usize) -> String {
    (0..records).map(|n| format!("{{\"n\":{n}}}")).collect()
}

/// So many JSON values, each on its line.
pub(crate) fn ndjson(records: usize) -> String {
    (0..records).map(|n| format!("{{\"n\":{n}}}\n")).collect()
}

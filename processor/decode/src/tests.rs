//! Whole decoders, fed in every way that a network may choose.

mod auto;
#[cfg(any(feature = "cloudwatch-logs", feature = "firehose-errors"))]
mod aws;
mod blocks;
mod bombs;
mod codecs;
mod contract;
mod csv;
mod elements;
mod fuzz;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(not(feature = "gzip"))]
mod gzip_off;
mod json;
mod limits;
mod lines;
#[cfg(feature = "gzip")]
mod nested;
#[cfg(feature = "__private")]
mod reference;
#[cfg(all(feature = "snappy", feature = "gzip"))]
mod snappy;
#[cfg(feature = "utf16")]
mod utf16;
#[cfg(feature = "zstd")]
mod zstd;
#[cfg(not(feature = "zstd"))]
mod zstd_off;

use crate::{
    Block, Decoding, json, lines,
    model::{self, AMPLE, Arrival, Outcome, decode, decode_as},
    whole,
};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// One gzip member.
fn member(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// As it is and, where that can be undone, as a gzip member.
fn packings(data: &[u8]) -> Vec<Vec<u8>> {
    let packed = cfg!(feature = "gzip").then(|| member(data));
    [data.to_vec()].into_iter().chain(packed).collect()
}

/// As a gzip member if asked to, or if it would be taken for one.
fn packed(data: &[u8], zip: bool) -> Vec<u8> {
    let zip = zip || data.starts_with(&[0x1f, 0x8b]);
    if zip && cfg!(feature = "gzip") { member(data) } else { data.to_vec() }
}

/// Arrivals for property tests: mostly small pieces and small blocks.
fn arrivals() -> impl proptest::strategy::Strategy<Value = Arrival> {
    use proptest::prelude::{Just, Strategy, any, prop_oneof};
    let sizes = proptest::collection::vec(
        prop_oneof![4 => 0usize..8, 2 => 1usize..80, 1 => Just(usize::MAX)],
        1..6,
    );
    // Only empty chunks would never get anywhere.
    let sizes = sizes.prop_map(|mut sizes| {
        sizes.push(3);
        sizes
    });
    (sizes, any::<bool>(), prop_oneof![1usize..10, 10usize..300, Just(64 * 1024)])
        .prop_map(|(chunks, end_known, block)| Arrival { chunks, end_known, block })
}

#[test]
fn decoders_and_blocks_can_move_between_threads() {
    fn check<T: Send + 'static>() {}
    check::<Decoding>();
    check::<Block>();
}

#[test]
fn trap_17_an_object_of_zero_bytes_is_complete_and_has_no_records() {
    for decoder in [json(), lines(), whole()] {
        for object in packings(b"") {
            let outcome = decode_as(&decoder, AMPLE, &object, &Arrival::in_chunks_of(1));
            assert_eq!(
                outcome,
                Outcome { records: vec![], faults: vec![], end: Ok(()) },
                "{decoder:?}"
            );
        }
    }
}

#[test]
fn trap_18_an_object_without_records_is_complete() {
    for (decoder, text) in [(json(), " \r\n\t\n"), (json(), "\u{feff}"), (lines(), "\n\r\n\n")] {
        for object in packings(text.as_bytes()) {
            let outcome = decode(&decoder, &object);
            assert_eq!(
                outcome,
                Outcome { records: vec![], faults: vec![], end: Ok(()) },
                "{decoder:?} {text:?}"
            );
        }
    }
}

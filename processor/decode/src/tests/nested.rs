//! One compression inside another.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, member};
use crate::{Block, BuiltIn, DecodeErrorKind, Decoding, ObjectInfo, json, lines, whole};
use proptest::prelude::*;

/// Compressed so many times.
fn nested(data: &[u8], times: usize) -> Vec<u8> {
    (0..times).fold(data.to_vec(), |data, _| member(&data))
}

#[test]
fn trap_23_gzip_in_gzip_is_undone() {
    let data = b"{\"n\":1}{\"n\":2}";
    for times in 0..=3 {
        for decoder in [json(), lines(), whole()] {
            let plain = decode(&decoder, data);
            for size in 1..60 {
                let object = nested(data, times);
                let arrival = Arrival::in_chunks_of(size);
                assert_eq!(decode_as(&decoder, AMPLE, &object, &arrival), plain, "{times} {size}");
            }
        }
    }
    // As Firehose writes what CloudWatch Logs sent: members in a member.
    let members = member(&[member(b"{\"a\":1}"), member(b"{\"a\":2}")].concat());
    assert_eq!(decode(&json(), &members).texts(), ["{\"a\":1}", "{\"a\":2}"]);
}

#[test]
fn what_is_compressed_once_too_often_fails_by_name() {
    let object = nested(b"{}", 4);
    for size in [1, 7, 1_000] {
        let outcome = decode_as(&json(), AMPLE, &object, &Arrival::in_chunks_of(size));
        assert_eq!(outcome.end, Err((DecodeErrorKind::TooManyLayers, 0)));
    }
    let error = first_error(&json(), &object);
    assert_eq!(
        error,
        "object is compressed too many times over (limit 3), at stored byte 0; store it \
         compressed once, or bring a decoder that reads it"
    );
}

#[test]
fn damage_of_an_inner_layer_is_told_with_its_place() {
    let mut inner = member(b"a\nb\n");
    let at = inner.len() - 5;
    inner[at] ^= 1;
    assert_eq!(
        first_error(&lines(), &member(&inner)),
        "damaged gzip member (checksum does not match), at stored byte 0 of what was decompressed \
         once"
    );
    let cut = &member(b"a\nb\n")[..20];
    assert_eq!(
        first_error(&lines(), &nested(cut, 2)),
        "gzip data ends inside a member, the object is incomplete, at stored byte 20 of what was \
         decompressed twice"
    );
    // What is no gzip but begins like it is damaged gzip, as it is at the outside.
    let outcome = decode(&lines(), &member(b"\x1f\x8bx"));
    assert_eq!(outcome.end, Err((DecodeErrorKind::Gzip, 0)));
    // Too little to be one.
    assert_eq!(decode(&whole(), &member(b"\x1f")).records[0].bytes, b"\x1f");
}

fn first_error(decoder: &BuiltIn, object: &[u8]) -> String {
    let mut decoding = Decoding::new(decoder, &ObjectInfo::new("", ""), AMPLE);
    let mut block = Block::with_capacity(1 << 16);
    let mut input = object;
    loop {
        match decoding.step(&mut input, true, &mut block) {
            Ok(crate::Step::End) => panic!("it is damaged"),
            Ok(_) => {}
            Err(error) => return error.to_string(),
        }
    }
}

proptest! {
    #[test]
    fn layers_and_pieces_change_nothing(
        parts in proptest::collection::vec("[a-z\n\u{1f}\u{8b}]{0,40}", 0..6),
        times in 0usize..4,
        cut in any::<prop::sample::Index>(),
        arrival in arrivals(),
    ) {
        let data = parts.concat();
        // Several members inside, and a few zero bytes behind the last.
        let data = data.as_bytes();
        let at = cut.index(data.len() + 1);
        let inner = match times {
            0 => data.to_vec(),
            _ => [&member(&data[..at])[..], &member(&data[at..]), b"\0\0"].concat(),
        };
        let object = nested(&inner, times.saturating_sub(1));
        let outcome = decode_as(&lines(), AMPLE, &object, &arrival);
        prop_assert_eq!(outcome, super::model::lines(data, AMPLE.max_record_bytes));
    }
}

//! Snappy, in both of its framings.

use super::{AMPLE, Arrival, decode, decode_as};
use crate::{BuiltIn, DecodeErrorKind, lines};
use std::io::Write;

fn text() -> Vec<u8> {
    (0..9_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect()
}

fn framed(data: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(data).expect("a vector takes all");
    encoder.into_inner().expect("a vector takes all")
}

/// Blocks of so many bytes, in pieces of so many.
fn hadoop(data: &[u8], block: usize, piece: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for block in data.chunks(block) {
        out.extend((block.len() as u32).to_be_bytes());
        for piece in block.chunks(piece) {
            let packed = snap::raw::Encoder::new().compress_vec(piece).expect("it fits");
            out.extend((packed.len() as u32).to_be_bytes());
            out.extend(packed);
        }
    }
    out
}

fn of_hadoop() -> BuiltIn {
    lines().through_hadoop_snappy()
}

#[test]
fn both_framings_give_what_they_contain_however_they_come() {
    let data = text();
    let padding = [&[0xfe, 3, 0, 0][..], b"xyz", &[0x80, 0, 0, 0]].concat();
    let objects = [
        (lines(), framed(&data)),
        (lines(), [framed(&data[..5]), padding, framed(&data[5..])].concat()),
        (lines(), super::member(&framed(&data))),
        (of_hadoop(), hadoop(&data, 70_000, 9_000)),
        (of_hadoop(), hadoop(&data, 300, 300)),
        (of_hadoop(), Vec::new()),
    ];
    for (decoder, object) in objects {
        let expected = if object.is_empty() { 0 } else { 9_000 };
        let whole = decode(&decoder, &object);
        assert_eq!((whole.records.len(), &whole.end), (expected, &Ok(())));
        for size in [1, 3, 1_000] {
            let arrival = Arrival { chunks: vec![size], end_known: size == 3, block: 4_096 };
            assert_eq!(decode_as(&decoder, AMPLE, &object, &arrival), whole);
        }
    }
}

#[test]
fn trap_21_what_is_cut_off_or_changed_fails() {
    let data = &text()[..400];
    // Where the identifier or a block ends nothing says that more follows.
    for (decoder, object, boundary) in [
        (lines(), framed(data), 10),
        (of_hadoop(), hadoop(data, 300, 100), hadoop(&data[..300], 300, 100).len()),
    ] {
        for end in 10..object.len() {
            let cut = decode(&decoder, &object[..end]).end;
            assert_eq!(cut.is_ok(), end == boundary, "{end}: {cut:?}");
        }
        assert_eq!(decode(&decoder, &object).end, Ok(()));
    }
    let object = framed(data);
    for at in 10..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 1;
        assert!(decode(&lines(), &changed).end.is_err(), "byte {at} was changed");
    }
    let followed = [&object[..], b"\x02\0\0\0"].concat();
    let end = decode(&lines(), &followed).end;
    assert_eq!(end, Err((DecodeErrorKind::TrailingGarbage, object.len() as u64)));
    // Text is no block, and a claim of much memory is none.
    for object in [&b"{\"a\":1}\n"[..], b"\0\xff\0\0\x7f\0\0\0", b"\0\0\0\x01\0\0\0\x02\xff\xff"] {
        assert!(decode(&of_hadoop(), object).end.is_err(), "{object:?}");
    }
}

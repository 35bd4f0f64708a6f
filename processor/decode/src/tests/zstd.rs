//! zstd frames.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, model};
use crate::{Block, DecodeErrorKind, DecodeLimits, Decoding, ObjectInfo, Step, json, lines, whole};
use proptest::prelude::*;
use zstd::bulk::Compressor;

/// One frame, with a checksum of its content.
fn frame(data: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = Compressor::new(level).expect("it can be made");
    compressor.include_checksum(true).expect("it can be set");
    compressor.compress(data).expect("it fits into memory")
}

/// A frame whose content size is not told, with a window of its own.
fn streamed(data: &[u8], window_log: u32) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).expect("it can be made");
    encoder.window_log(window_log).expect("it can be set");
    encoder.include_checksum(true).expect("it can be set");
    encoder.write_all(data).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn skipped(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u32).to_le_bytes();
    [&[0x5a, 0x2a, 0x4d, 0x18][..], &length, bytes].concat()
}

fn text(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|n| format!("{{\"n\":{n},\"x\":\"{:x}\"}}\n", n * 7_919).into_bytes())
        .collect()
}

#[test]
fn frames_and_frames_to_skip_give_what_they_contain() {
    let (a, b) = (text(300), text(7));
    let both = [&a[..], &b].concat();
    let objects = [
        [frame(&a, 3), frame(&b, 19)].concat(),
        [skipped(b"x"), frame(&a, 1), skipped(b""), skipped(&[0; 300]), frame(&b, 1)].concat(),
        [frame(&a, 3), streamed(&b, 10), skipped(b"end")].concat(),
        [streamed(&a, 17), frame(b"", 3), streamed(&b, 12)].concat(),
        super::member(&[frame(&a, 3), frame(&b, 3)].concat()),
        frame(&super::member(&both), 3),
        frame(&frame(&both, 3), 3),
    ];
    for object in objects {
        for decoder in [json(), lines()] {
            let plain = decode(&decoder, &both);
            for size in [1, 2, 3, 7, 19, 1_000, usize::MAX] {
                let arrival = Arrival { chunks: vec![size], end_known: size > 2, block: 100 };
                assert_eq!(decode_as(&decoder, AMPLE, &object, &arrival), plain, "{size}");
            }
        }
        assert_eq!(decode(&whole(), &object).records[0].bytes, both);
    }
    assert_eq!(decode(&lines(), &skipped(b"only")).end, Ok(()));
}

#[test]
fn trap_21_what_is_cut_off_changed_or_followed_by_something_else_fails() {
    let data = text(40);
    let object = [frame(&data, 3), streamed(&data, 12)].concat();
    let boundary = frame(&data, 3).len();
    for end in 1..object.len() {
        for size in [3, usize::MAX] {
            let arrival = Arrival { chunks: vec![size], end_known: true, block: 4_096 };
            let outcome = decode_as(&lines(), AMPLE, &object[..end], &arrival);
            let is_complete = end == boundary;
            // Fewer bytes than a magic number are text.
            let fails = end < 4 || outcome.end == Err((DecodeErrorKind::Stored, end as u64));
            assert_eq!(outcome.end.is_ok(), is_complete || end < 4, "{end}");
            assert!(is_complete || fails, "{end}: {:?}", outcome.end);
        }
    }
    for at in 4..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 0x10;
        let outcome = decode(&lines(), &changed);
        let unchanged = decode(&lines(), &object);
        // Where it means nothing it may be changed.
        assert!(outcome.end.is_err() || outcome == unchanged, "byte {at} was changed");
    }
    for garbage in [&b"\0"[..], b"x", b"\x28\xb5\x2f\xfe", &super::member(b"a")] {
        let object = [&frame(&data, 3)[..], garbage].concat();
        for size in [1, usize::MAX] {
            let arrival = Arrival { chunks: vec![size], end_known: false, block: 4_096 };
            let end = decode_as(&lines(), AMPLE, &object, &arrival).end;
            assert_eq!(end, Err((DecodeErrorKind::TrailingGarbage, boundary as u64)));
        }
    }
}

/// What is asked for before it is taken, and how the object ends if that is granted.
fn asked(object: &[u8], limits: DecodeLimits) -> (Vec<u64>, Result<usize, String>) {
    let mut decoding = Decoding::new(&lines(), &ObjectInfo::new("", ""), limits);
    let mut block = Block::with_capacity(1 << 16);
    let (mut asked, mut records, mut input) = (Vec::new(), 0, object);
    loop {
        match decoding.step(&mut input, true, &mut block) {
            Ok(Step::NeedMemory(bytes)) => asked.push(bytes),
            Ok(Step::BlockFull) => {
                records += block.len();
                block.clear();
            }
            Ok(Step::End) => return (asked, Ok(records + block.len())),
            Ok(_) => {}
            Err(error) => return (asked, Err(error.to_string())),
        }
    }
}

#[test]
fn trap_67_a_window_is_reserved_before_it_is_taken_and_no_more_than_8_mib() {
    let data = text(1_000);
    let limits = DecodeLimits { max_memory: 32 << 20, ..AMPLE };
    let needed = |window: u64| (160 << 10) + window + (256 << 10).min(2 * window);
    let object = [streamed(&data, 17), streamed(&data, 20), streamed(&data, 18)].concat();
    let expected = vec![needed(1 << 17), needed(1 << 20)];
    assert_eq!(asked(&object, limits), (expected, Ok(3_000)), "the total, and not again");
    let (large, end) = asked(&streamed(&data, 23), limits);
    assert_eq!((large, end), (vec![needed(8 << 20)], Ok(1_000)));
    let tight = DecodeLimits { max_memory: 1 << 20, ..limits };
    let refused = asked(&streamed(&data, 20), tight).1.expect_err("more than there is");
    assert!(refused.contains("takes too much memory"), "{refused}");
    // 17 bytes that ask for 2 GiB, and for 3.75 TiB.
    for window in [0xa8, 0xff] {
        let object = [&[0x28, 0xb5, 0x2f, 0xfd, 0, window, 1, 0, 0][..], b"01234567"].concat();
        let (asked, end) = asked(&object, limits);
        let refused = end.expect_err("nobody has so much");
        assert!(asked.is_empty() && refused.contains("8388608 are allowed"), "{refused}");
    }
    let by_size = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1_u64 << 40).to_le_bytes()].concat();
    assert!(asked(&by_size, limits).1.is_err());
    let with_dictionary = [0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 3, 1, 0, 0];
    let refused = asked(&with_dictionary, limits).1.expect_err("nobody has the dictionary");
    assert!(refused.contains("it needs the dictionary 7"), "{refused}");
}

#[test]
fn trap_67_each_codec_has_a_ratio_of_its_own() {
    let limits = DecodeLimits { max_ratio: None, max_memory: 32 << 20, ..AMPLE };
    let ends = |object: &[u8], limits| decode_as(&whole(), limits, object, &Arrival::at_once()).end;
    let lines: Vec<u8> = b"the same line, again and again\n".repeat(1 << 15);
    let large = DecodeLimits { max_record_bytes: 64 << 20, ..limits };
    // Honest, although gzip could not do it.
    let honest = streamed(&lines.repeat(32), 23);
    assert!(lines.len() * 32 / honest.len() > 8_000, "{}", honest.len());
    assert_eq!(ends(&honest, large), Ok(()));
    let strict = DecodeLimits { max_ratio: Some(1_000), ..large };
    assert!(matches!(ends(&honest, strict), Err((DecodeErrorKind::Ratio, _))));
    let bomb = frame(&vec![0; 40 << 20], 19);
    assert!((40 << 20) / bomb.len() > 20_000, "{}", bomb.len());
    assert!(matches!(ends(&bomb, large), Err((DecodeErrorKind::Ratio, _))));
}

proptest! {
    #[test]
    fn any_frames_in_any_pieces_give_what_they_contain(
        parts in proptest::collection::vec(("[a-c\n]{0,60}", 0u32..3), 0..5),
        arrival in arrivals(),
    ) {
        let mut object = skipped(b"");
        let mut data = Vec::new();
        for (part, how) in &parts {
            data.extend_from_slice(part.as_bytes());
            object.extend(match how {
                0 => frame(part.as_bytes(), 1),
                1 => streamed(part.as_bytes(), 11),
                _ => [skipped(part.as_bytes()), frame(part.as_bytes(), 3)].concat(),
            });
        }
        let outcome = decode_as(&lines(), AMPLE, &object, &arrival);
        prop_assert_eq!(outcome, model::lines(&data, AMPLE.max_record_bytes));
    }

    /// Damaged or not is no matter of how it arrives.
    #[test]
    fn damage_is_found_however_it_comes(
        at in any::<prop::sample::Index>(),
        bit in 0u32..8,
        arrival in arrivals(),
    ) {
        let mut object = [streamed(&text(30), 11), frame(&text(3), 3)].concat();
        let at = at.index(object.len());
        object[at] ^= 1 << bit;
        let whole = decode(&lines(), &object);
        let cut = decode_as(&lines(), AMPLE, &object, &arrival);
        prop_assert_eq!(whole.end.is_ok(), cut.end.is_ok());
        let both = whole.records.iter().zip(&cut.records);
        both.for_each(|(whole, cut)| assert_eq!(whole, cut));
    }
}

#[test]
fn a_large_frame_in_chunks_comes_whole() {
    let data = text(400_000);
    for object in [frame(&data, 3), streamed(&data, 20)] {
        assert_eq!(crate::__private::decode(&object, &lines(), 32 << 10), 400_000);
    }
}

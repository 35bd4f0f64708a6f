//! Lines, and objects read as a whole.

use proptest::prelude::*;

use super::{AMPLE, Arrival, arrivals, decode, decode_as, model, packed, packings};
use crate::{Block, DecodeErrorKind, DecodeLimits, Decoding, ObjectInfo, json, lines, whole};

proptest! {
    #[test]
    fn lines_in_any_pieces_are_what_the_model_gives(
        text in proptest::collection::vec(
            prop_oneof![3 => Just(b'\n'), 2 => Just(b'\r'), 8 => Just(b'a'), 1 => any::<u8>()],
            0..300,
        ),
        max in prop_oneof![0usize..12, Just(1000)], arrival in arrivals(), bom: bool, zip: bool,
    ) {
        let data = if bom { [b"\xef\xbb\xbf", &text[..]].concat() } else { text };
        let object = packed(&data, zip);
        let limits = DecodeLimits { max_record_bytes: max, ..AMPLE };
        let outcome = decode_as(&lines(), limits, &object, &arrival);
        prop_assert_eq!(outcome, model::lines(&data, max));
    }

    #[test]
    fn whole_objects_are_kept_byte_for_byte(
        data in proptest::collection::vec(any::<u8>(), 1..300), arrival in arrivals(),
    ) {
        let outcome = decode_as(&whole(), AMPLE, &packed(&data, true), &arrival);
        prop_assert_eq!(outcome.end, Ok(()));
        prop_assert_eq!(outcome.records.len(), 1);
        prop_assert_eq!(&outcome.records[0].bytes, &data);
    }
}

#[test]
fn trap_26_a_last_line_without_newline_is_a_record() {
    assert_eq!(decode(&lines(), b"a\nb").texts(), ["a", "b"]);
    assert_eq!(decode(&lines(), b"a\nb\r").texts(), ["a", "b"]);
}

#[test]
fn trap_29_line_ends_blank_lines_and_a_byte_order_mark_are_no_data() {
    let text = b"\xef\xbb\xbfa\r\n\r\n\nb\r\r\n \n";
    for size in 1..text.len() {
        let outcome = decode_as(&lines(), AMPLE, text, &Arrival::in_chunks_of(size));
        assert_eq!(outcome.texts(), ["a", "b\r"]);
        let places: Vec<_> =
            outcome.records.iter().map(|found| (found.index, found.offset)).collect();
        assert_eq!(places, [(0, 3), (1, 9)]);
    }
}

#[test]
fn trap_29_concatenated_files_have_marks_at_their_joins_and_blank_lines() {
    let text = "\u{feff}a\n\u{feff}\u{feff} b\n \t\r\n\u{feff}\n\u{feff} \n\tc\u{feff}\n\u{feff}d";
    for size in 1..text.len() {
        let outcome = decode_as(&lines(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
        assert_eq!(outcome.texts(), ["a", " b", "\tc\u{feff}", "d"]);
        let places: Vec<_> = outcome.records.iter().map(|found| found.offset).collect();
        assert_eq!(places, [3, 11, 27, 36]);
    }
}

#[test]
fn trap_29_a_blank_line_that_is_too_large_is_that() {
    let limits = DecodeLimits { max_record_bytes: 4, ..AMPLE };
    for text in ["a\n          \nb", "a\n          ", "a\n\u{feff}          \nb"] {
        let outcomes: Vec<_> = (1..text.len())
            .map(|size| decode_as(&lines(), limits, text.as_bytes(), &Arrival::in_chunks_of(size)))
            .collect();
        assert_eq!(outcomes[0].faults.len(), 1);
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    }
}

#[test]
fn trap_29_bytes_that_are_not_utf_8_are_passed_on() {
    let outcome = decode(&lines(), b"\xef\xbb\n\xff\xfe\0\n\xef\xbb\xbf");
    let bytes: Vec<_> = outcome.records.iter().map(|found| &found.bytes[..]).collect();
    assert_eq!(bytes, [&b"\xef\xbb"[..], b"\xff\xfe\0"]);
}

#[test]
fn trap_29_a_whole_object_keeps_its_byte_order_mark_and_line_ends() {
    assert_eq!(decode(&whole(), b"\xef\xbb\xbfa\r\n").records[0].bytes, b"\xef\xbb\xbfa\r\n");
}

#[test]
fn trap_62_what_is_no_text_fails_by_name_under_every_text_framing_however_it_comes() {
    let mut tar = vec![0; 1_024];
    tar[..5].copy_from_slice(b"a.txt");
    tar[257..262].copy_from_slice(b"ustar");
    for (object, name) in [
        (&b"BZh91AY&SY\0\0{}\n"[..], "bzip2"),
        (b"PAR1\x15\x04\x15\0PAR1", "Parquet"),
        (b"\xff\xfe\0\0{\0\0\0", "UTF-32"),
        #[cfg(not(feature = "utf16"))]
        (b"\xff\xfe{\0}\0", "UTF-16"),
        (&tar, "tar"),
    ] {
        for object in packings(object) {
            for (decoder, size) in [(json(), 1), (json(), 100), (lines(), 1), (lines(), 100)] {
                let outcome = decode_as(&decoder, AMPLE, &object, &Arrival::in_chunks_of(size));
                assert_eq!(outcome.end, Err((DecodeErrorKind::NotText, 0)), "{name}");
                assert!(outcome.records.is_empty(), "{name}");
            }
            assert_eq!(decode(&whole(), &object).records.len(), 1, "{name}");
        }
        let mut decoding = Decoding::new(&lines(), &ObjectInfo::new("", ""), AMPLE);
        let error = decoding
            .step(&mut &*object, true, &mut Block::with_capacity(64))
            .expect_err("it is no text");
        assert!(error.to_string().contains(name), "{error}");
    }
}

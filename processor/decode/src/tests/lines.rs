//! Lines, and objects read as a whole.

use proptest::prelude::*;

use super::{AMPLE, Arrival, arrivals, decode, decode_as, model, packed};
use crate::{DecodeLimits, lines, whole};

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
        assert_eq!(outcome.texts(), ["a", "b\r", " "]);
        let places: Vec<_> =
            outcome.records.iter().map(|found| (found.index, found.offset)).collect();
        assert_eq!(places, [(0, 3), (1, 9), (2, 13)]);
    }
}

#[test]
fn trap_29_bytes_that_are_not_utf_8_are_passed_on() {
    let outcome = decode(&lines(), b"\xef\xbb\n\xff\xfe\0\n\xef\xbb\xbf");
    let bytes: Vec<_> = outcome.records.iter().map(|found| &found.bytes[..]).collect();
    assert_eq!(bytes, [&b"\xef\xbb"[..], b"\xff\xfe\0", b"\xef\xbb\xbf"]);
}

#[test]
fn trap_29_a_whole_object_keeps_its_byte_order_mark_and_line_ends() {
    assert_eq!(decode(&whole(), b"\xef\xbb\xbfa\r\n").records[0].bytes, b"\xef\xbb\xbfa\r\n");
}

//! JSON or lines, by the first letter.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, packed};
use crate::{DecodeErrorKind, DecodeLimits, auto, json, lines};
use proptest::prelude::*;

#[test]
fn the_first_letter_says_what_an_object_is() {
    for (text, is_json) in [
        ("{\"a\":1}{\"b\":2}", true),
        ("[1]\n[2]", true),
        ("\n \t\r\n\u{feff}\n  {}\n", true),
        ("\u{feff}{}", true),
        ("plain\n{\"a\":1}\n", false),
        ("\n\n  indented {\nb", false),
        ("\"text\"\nb", false),
        ("1 2\n3", false),
        ("\u{feff}a\u{feff}b", false),
        ("", false),
        (" \n ", false),
        ("\r \nplain\n", false),
        ("\r\n \t\r\n[1]", true),
        ("\u{feff}", false),
    ] {
        let expected = if is_json {
            decode(&json(), text.as_bytes())
        } else {
            decode(&lines(), text.as_bytes())
        };
        for size in 1..=text.len().max(1) {
            for zip in [false, true] {
                let object = packed(text.as_bytes(), zip);
                let outcome = decode_as(&auto(), AMPLE, &object, &Arrival::in_chunks_of(size));
                assert_eq!(outcome, expected, "{text:?} in chunks of {size}");
            }
        }
    }
}

#[test]
fn a_guess_does_not_change_on_the_way() {
    let outcome = decode(&auto(), b"{\"a\":1}\nplain\n");
    assert_eq!(
        (outcome.texts(), outcome.end),
        (vec!["{\"a\":1}"], Err((DecodeErrorKind::StrayByte, 8)))
    );
    assert_eq!(decode(&auto(), b"PAR1\x15\0").end, Err((DecodeErrorKind::NotText, 0)));
}

/// Blank lines in front are not held.
#[test]
fn any_number_of_blank_lines_may_come_first() {
    let limits = DecodeLimits { max_record_bytes: 100, ..AMPLE };
    let text = " \t\r\n".repeat(100_000) + "{}";
    let arrival = Arrival { chunks: vec![1_000], end_known: true, block: 512 };
    let outcome = decode_as(&auto(), limits, text.as_bytes(), &arrival);
    assert_eq!((outcome.texts(), outcome.end), (vec!["{}"], Ok(())));
}

/// Each byte is looked at once, however many say nothing: this would take minutes otherwise.
#[test]
fn a_long_blank_front_costs_no_more_than_its_bytes() {
    let limits = DecodeLimits { max_record_bytes: 8 << 20, ..AMPLE };
    let text = " ".repeat(4 << 20) + "{}";
    let arrival = Arrival { chunks: vec![64], end_known: true, block: 64 << 10 };
    let outcome = decode_as(&auto(), limits, text.as_bytes(), &arrival);
    assert_eq!((outcome.texts(), outcome.end), (vec!["{}"], Ok(())));
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_however_they_come(
        text in "[{}\\[\\]a \n\r\u{feff}\"]{0,30}",
        arrival in arrivals(),
        max in prop_oneof![Just(3usize), Just(1 << 20)],
    ) {
        let limits = DecodeLimits { max_record_bytes: max, ..AMPLE };
        let whole = decode_as(&auto(), limits, text.as_bytes(), &Arrival::at_once());
        let cut = decode_as(&auto(), limits, text.as_bytes(), &arrival);
        prop_assert_eq!(&cut, &whole, "{:?}", text);
    }
}

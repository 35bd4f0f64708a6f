//! JSON values in any arrangement.

use proptest::prelude::*;
use serde_json::Value;

use super::{AMPLE, Arrival, arrivals, decode, decode_as, model, packed};
use crate::{DecodeErrorKind, DecodeLimits, json};

fn values() -> impl Strategy<Value = Value> {
    let text = proptest::string::string_regex("[a-z{}\\[\\]\"\\\\\n é中😀,:]{0,24}")
        .expect("the expression is valid")
        .boxed();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Valid streams: some values pretty-printed, separators of all kinds, none where none is needed.
fn streams() -> impl Strategy<Value = String> {
    let separators =
        prop_oneof![4 => Just(""), 1 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \t \n\n")];
    proptest::collection::vec((values(), any::<bool>(), separators), 0..12).prop_map(|items| {
        let mut stream = String::new();
        for (value, pretty, separator) in items {
            let text =
                if pretty { serde_json::to_string_pretty(&value) } else { Ok(value.to_string()) };
            stream.push_str(&text.expect("values can be shown"));
            let delimits_itself = value.is_object() || value.is_array() || value.is_string();
            stream.push_str(if separator.is_empty() && !delimits_itself { " " } else { separator });
        }
        stream
    })
}

/// Bytes that are JSON by accident only.
fn soups() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![
            6 => proptest::sample::select(&b"{}[]\"\\"[..]),
            4 => proptest::sample::select(&b"abc 1-,:\n"[..]),
            1 => any::<u8>(),
        ],
        0..200,
    )
}

/// Nests and closes correctly for a long time, with quotes and backslashes in between.
fn nests() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&str; 8] =
        ["{", "[", "\"}{\"", "\"\\\\\"", "\"\\\"]\"", "\"\\\\\\\\\\\"\"", " ", "12,"];
    let part = (proptest::sample::select(&PARTS[..]), 0usize..4);
    (proptest::collection::vec(part, 0..80), any::<bool>()).prop_map(|(parts, close)| {
        let (mut bytes, mut open) = (b"[".to_vec(), vec![b']']);
        for (part, closes) in parts {
            if open.is_empty() {
                bytes.push(b'{');
                open.push(b'}');
            }
            bytes.extend_from_slice(part.as_bytes());
            if part == "{" || part == "[" {
                open.push(part.as_bytes()[0] + 2);
            }
            for _ in 0..closes.saturating_sub(1) {
                bytes.extend(open.pop());
            }
        }
        if close {
            bytes.extend(open.into_iter().rev());
        }
        bytes
    })
}

proptest! {
    #[test]
    fn trap_25_valid_streams_are_cut_as_a_parser_cuts_them(
        stream in streams(), arrival in arrivals(),
    ) {
        let outcome = decode_as(&json(), AMPLE, stream.as_bytes(), &arrival);
        prop_assert_eq!(outcome.end, Ok(()));
        let mut parser = serde_json::Deserializer::from_str(&stream).into_iter::<Value>();
        let mut from = 0;
        for (number, found) in outcome.records.iter().enumerate() {
            let value = parser.next().expect("no more records than values");
            let value = value.expect("the stream is valid");
            let record = serde_json::from_slice::<Value>(&found.bytes);
            prop_assert_eq!(record.expect("a record is a value"), value);
            prop_assert_eq!(found.index, number as u64);
            from += stream[from..].len() - stream[from..].trim_start().len();
            prop_assert_eq!(found.offset, from as u64);
            from = parser.byte_offset();
        }
        prop_assert!(parser.next().is_none());
    }

    #[test]
    fn trap_25_any_bytes_in_any_pieces_give_what_the_model_gives(
        soup in prop_oneof![soups(), nests()],
        max in prop_oneof![0usize..40, Just(1000)],
        arrival in arrivals(),
        bom: bool,
        zip: bool,
    ) {
        let data = if bom { [b"\xef\xbb\xbf", &soup[..]].concat() } else { soup };
        let object = packed(&data, zip);
        let limits = DecodeLimits { max_record_bytes: max, ..AMPLE };
        let outcome = decode_as(&json(), limits, &object, &arrival);
        prop_assert_eq!(outcome, model::json(&data, max));
    }
}

#[test]
fn trap_25_every_arrangement_of_values_is_read() {
    let stream = "{}{}\n{\"a\":\"}{\"}\r\n[1,[2]] [\"\\\"]\"]\n{\n  \"b\": {}\n}1 2 true \
                  \"x\"\"{\"null{\"é\":\"\\\\\"}-1.5e+3";
    let records = [
        "{}",
        "{}",
        "{\"a\":\"}{\"}",
        "[1,[2]]",
        "[\"\\\"]\"]",
        "{\n  \"b\": {}\n}",
        "1",
        "2",
        "true",
        "\"x\"",
        "\"{\"",
        "null",
        "{\"é\":\"\\\\\"}",
        "-1.5e+3",
    ];
    for size in 1..stream.len() {
        let outcome = decode_as(&json(), AMPLE, stream.as_bytes(), &Arrival::in_chunks_of(size));
        assert_eq!((outcome.texts(), outcome.end), (records.to_vec(), Ok(())), "chunks of {size}");
    }
}

#[test]
fn trap_26_a_partial_value_at_the_end_fails_where_it_began() {
    for (text, start) in [("{\"a\":1}{\"b\":", 7), (" [1,[2]", 1), ("1 \"x", 2), ("{}\"\\\"", 2)] {
        let outcome = decode(&json(), text.as_bytes());
        assert_eq!(outcome.end, Err((DecodeErrorKind::PartialRecord, start)), "{text}");
    }
    assert_eq!(decode(&json(), b"{}12").texts(), ["{}", "12"], "a number may end with the input");
}

#[test]
fn trap_27_stray_bytes_fail_with_their_offset() {
    for (text, offset) in [
        ("{}]", 2),
        ("{} }", 3),
        ("{}\0", 2),
        ("{},{}", 2),
        ("{}:", 2),
        ("hello", 0),
        ("\0", 0),
        ("1\0", 1),
        ("{}\u{fefe}{}", 2),
        ("1\u{fefe}", 1),
        ("{}\u{feff}}", 5),
    ] {
        for size in [1, 2, 100] {
            let outcome = decode_as(&json(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!(outcome.end, Err((DecodeErrorKind::StrayByte, offset)), "{text:?}");
        }
    }
    for (text, offset) in [("{]", 1), ("[1}", 2), ("{\"a\":[1}{\"b\":2]}", 7), ("{[}]", 2)] {
        let outcome = decode(&json(), text.as_bytes());
        assert_eq!(outcome.end, Err((DecodeErrorKind::MismatchedBracket, offset)), "{text:?}");
    }
}

#[test]
fn trap_27_records_before_a_stray_byte_are_kept() {
    let outcome = decode(&json(), b"{\"a\":1}[2]]{}");
    assert_eq!(outcome.texts(), ["{\"a\":1}", "[2]"]);
    assert_eq!(outcome.end, Err((DecodeErrorKind::StrayByte, 10)));
}

/// Brackets of both kinds, in a pattern that differs from word to word of the stack.
fn nested(depth: usize) -> Vec<u8> {
    let opening = |level: usize| if level % 7 < 3 { b'{' } else { b'[' };
    (0..depth).map(opening).chain((0..depth).rev().map(|level| opening(level) + 2)).collect()
}

#[test]
fn nesting_is_bounded() {
    assert_eq!(decode(&json(), &nested(1024)).records.len(), 1);
    assert_eq!(decode(&json(), &nested(1025)).end, Err((DecodeErrorKind::TooDeep, 1024)));
}

#[test]
fn trap_27_the_kind_of_every_bracket_is_remembered() {
    for closing in 200..400 {
        let mut bytes = nested(200);
        bytes[closing] ^= b'}' ^ b']';
        let outcome = decode(&json(), &bytes);
        assert_eq!(outcome.end, Err((DecodeErrorKind::MismatchedBracket, closing as u64)));
    }
}

#[test]
fn trap_30_what_only_looks_like_json_is_a_record_all_the_same() {
    let outcome = decode(&json(), b"{\"a\":}[1 2,,]{\0}truefalse -");
    assert_eq!(outcome.texts(), ["{\"a\":}", "[1 2,,]", "{\0}", "truefalse", "-"]);
    assert_eq!(outcome.end, Ok(()));
}

#[test]
fn trap_29_byte_order_marks_at_the_joins_of_files_are_no_data() {
    let text = "\u{feff}{}\u{feff}{}\n\u{feff}[1] \u{feff}\u{feff}12\u{feff}\"\u{feff}\"\u{feff}";
    for size in 1..text.len() {
        let outcome = decode_as(&json(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
        assert_eq!(outcome.texts(), ["{}", "{}", "[1]", "12", "\"\u{feff}\""]);
        assert_eq!(outcome.end, Ok(()));
    }
    for cut in [&b"{}\xef"[..], b"{}\xef\xbb"] {
        for size in [1, 2, 9] {
            let outcome = decode_as(&json(), AMPLE, cut, &Arrival::in_chunks_of(size));
            assert_eq!(outcome.end, Err((DecodeErrorKind::StrayByte, 2)));
        }
    }
}

#[test]
fn trap_29_a_byte_order_mark_is_no_part_of_the_first_value() {
    for size in 1..5 {
        let outcome = decode_as(&json(), AMPLE, b"\xef\xbb\xbf{}", &Arrival::in_chunks_of(size));
        assert_eq!((outcome.records[0].offset, outcome.texts()), (3, vec!["{}"]));
    }
    for cut in [&b"\xef"[..], b"\xef\xbb"] {
        assert_eq!(decode(&json(), cut).end, Err((DecodeErrorKind::StrayByte, 0)));
    }
}

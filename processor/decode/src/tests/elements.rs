//! Elements of a list under a path.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, packed};
use crate::{BuiltIn, DecodeErrorKind, DecodeLimits, Decoder, FaultKind, json, json_elements};
use proptest::prelude::*;
use serde_json::{Value, json as value};

fn records() -> BuiltIn {
    json_elements("Records").expect("it is a path")
}

fn under(path: &str) -> BuiltIn {
    json_elements(path).expect("it is a path")
}

#[test]
fn trap_65_elements_under_a_path_are_streamed() {
    let cases: [(&str, &str, &[&str]); 12] = [
        ("Records", r#"{"Records":[{"a":1},{"b":[2]}]}"#, &[r#"{"a":1}"#, r#"{"b":[2]}"#]),
        (
            "Records",
            " {\n\"Records\" : [ 1 , \"x,]\" ,\ttrue,[],{} ] } ",
            &["1", "\"x,]\"", "true", "[]", "{}"],
        ),
        ("Records", r#"{"Records":[]}"#, &[]),
        ("Records", r#"{"x":{"Records":[0]},"Records":[1],"y":[2,{"Records":3}]}"#, &["1"]),
        ("Records", r#"{"Records":[1]}{"Records":[2]}"#, &["1", "2"]),
        ("Records", "\u{feff}{\"Records\":[1]}\n\u{feff}{\"Records\":[2]}\u{feff}", &["1", "2"]),
        ("Records", r#"{"\u0052ecords":[1],"Records":[2]}"#, &["1", "2"]),
        ("a.b", r#"{"a":{"c":1,"b":[1,2],"d":"]}"},"b":[3]}"#, &["1", "2"]),
        ("a.b", r#"{"a":{"b":[1]},"x":null,"a":{"b":[2]}}"#, &["1", "2"]),
        ("[]", "[1,2]\n[3]", &["1", "2", "3"]),
        ("[]", "[[1],[{\"a\":\"\\\"\"}]]", &["[1]", "[{\"a\":\"\\\"\"}]"]),
        ("\"a.b\"", r#"{"a.b":[-1.5e+3]}"#, &["-1.5e+3"]),
    ];
    for (path, text, expected) in cases {
        for size in 1..=text.len() {
            let outcome =
                decode_as(&under(path), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!((outcome.texts(), outcome.end), (expected.to_vec(), Ok(())), "{text}");
            for found in &outcome.records {
                let at = found.offset as usize;
                assert_eq!(&text.as_bytes()[at..at + found.bytes.len()], found.bytes);
            }
        }
    }
}

#[test]
fn what_is_no_list_of_elements_fails_at_its_place() {
    use DecodeErrorKind::{
        MismatchedBracket, NoElements, NotText, PartialRecord, StrayByte, TooDeep,
    };
    let deep = format!("{{\"Records\":[{}", "[".repeat(2_000));
    let cases: [(&str, &str, usize, DecodeErrorKind, u64); 27] = [
        ("Records", r#"{}"#, 0, NoElements, 1),
        ("Records", r#"{"records":[1]}"#, 0, NoElements, 14),
        ("Records", r#"{"Records":null}"#, 0, NoElements, 11),
        ("Records", r#"{"Records":{"a":[1]}}"#, 0, NoElements, 11),
        ("Records", r#"{"Records":[1]}[2]"#, 1, NoElements, 15),
        ("Records", r#"{"Records":[1]}{"Next":[2]}"#, 1, NoElements, 26),
        ("Records", "7", 0, NoElements, 0),
        ("a.b", r#"{"a":[1]}"#, 0, NoElements, 5),
        ("a.b", r#"{"a":{}}"#, 0, NoElements, 6),
        ("a.b", r#"{"a":{"b":[1]},"a":{}}"#, 1, NoElements, 20),
        ("[]", r#"{"a":[1]}"#, 0, NoElements, 0),
        ("Records", r#"{"Records":[1]"#, 1, PartialRecord, 14),
        ("Records", r#"{"Records":[1"#, 0, PartialRecord, 12),
        ("Records", r#"{"Records":[{"a":"#, 0, PartialRecord, 12),
        ("Records", r#"{"Records":[1]}]"#, 1, StrayByte, 15),
        ("Records", r#"{"Records":[1 2]}"#, 1, StrayByte, 14),
        ("Records", r#"{"Records":[{}{]]}"#, 1, StrayByte, 14),
        ("Records", r#"{"Records":[{} {}]}"#, 1, StrayByte, 15),
        ("Records", r#"{"Records":[1,]}"#, 1, MismatchedBracket, 14),
        ("Records", r#"{"Records":[,1]}"#, 0, StrayByte, 12),
        ("Records", r#"{"Records":[1}"#, 1, MismatchedBracket, 13),
        ("Records", r#"{"a":{}{},"Records":[1]}"#, 0, StrayByte, 7),
        ("Records", r#"{"a" 1,"Records":[1]}"#, 0, StrayByte, 5),
        ("Records", r#"{"Records":[1],}"#, 1, MismatchedBracket, 15),
        ("Records", "\u{feff}\u{fe00}", 0, StrayByte, 4),
        ("Records", "Obj\x01{}", 0, NotText, 0),
        ("Records", &deep, 0, TooDeep, 12 + 1024),
    ];
    for (path, text, good, kind, at) in cases {
        let whole = decode(&under(path), text.as_bytes());
        assert_eq!((whole.records.len(), whole.end), (good, Err((kind, at))), "{text}");
        for size in 1..text.len().min(40) {
            let cut = decode_as(&under(path), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!(cut, whole, "{text} in chunks of {size}");
        }
    }
}

/// What stands beside the list and the list itself are larger than any record may be, and an
/// element that is too large is lost alone.
#[test]
fn trap_65_neither_the_list_nor_what_stands_beside_it_is_held() {
    let limits = DecodeLimits { max_record_bytes: 1_000, ..AMPLE };
    let beside = |name: &str| format!("\"{name}\":{{\"x\":\"{}\"}}", "y]}".repeat(100_000));
    let elements: Vec<_> = (0..20_000).map(|n| format!("{{\"n\":{n}}}")).collect();
    let mut listed = elements.clone();
    listed.insert(7, format!("\"{}\"", "z".repeat(5_000)));
    listed.insert(9, format!("{{\"{}\":[1]}}", "z".repeat(300_000)));
    let text = format!("{{{},\"Records\":[{}],{}}}", beside("a"), listed.join(",\n"), beside("b"));
    for size in [1_000, usize::MAX] {
        let arrival = Arrival { chunks: vec![size], end_known: true, block: 4_096 };
        let outcome = decode_as(&records(), limits, text.as_bytes(), &arrival);
        assert_eq!(
            (outcome.texts(), outcome.end),
            (elements.iter().map(String::as_str).collect(), Ok(()))
        );
        let lost: Vec<_> = outcome.faults.iter().map(|fault| (fault.index, fault.kind)).collect();
        assert_eq!(lost, [(7, FaultKind::RecordTooLarge), (9, FaultKind::RecordTooLarge)]);
    }
}

#[test]
fn a_message_names_the_path_and_says_what_to_do() {
    let mut decoding = crate::Decoding::new(&records(), &crate::ObjectInfo::new("", ""), AMPLE);
    let mut block = crate::Block::with_capacity(64);
    let error = decoding.step(&mut &b"{\"digest\":1}"[..], true, &mut block).expect_err("no list");
    assert_eq!(
        error.to_string(),
        "the json value has no list under the path to its records (Records), at decoded byte 11; \
         if it is another kind of file, give it a route of its own, or use the decoder json"
    );
    assert_eq!(under(".a.\"b c\"[]").identity(), "json:a.\"b c\"");
}

fn leaves() -> impl Strategy<Value = Value> {
    let text =
        proptest::string::string_regex("[a-zR{}\\[\\]\"\\\\\n,:é😀]{0,12}").expect("it is one");
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text.prop_map(Value::from),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec(("[a-z\"R]{0,4}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Against `serde_json`, which sees the whole.
    #[test]
    fn any_list_is_found_however_it_comes(
        documents in proptest::collection::vec(
            (any_value(), proptest::collection::vec(any_value(), 0..8), any_value(), any::<bool>()),
            0..4,
        ),
        arrival in arrivals(),
        zip in any::<bool>(),
    ) {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for (before, elements, behind, pretty) in documents {
            expected.extend(elements.clone());
            // In this order: members are sorted by their names.
            let document = value!({ "A": before, "B": { "list": elements }, "C": behind });
            text += &if pretty {
                serde_json::to_string_pretty(&document).expect("it can be shown")
            } else {
                document.to_string()
            };
        }
        let outcome =
            decode_as(&under("B.list"), AMPLE, &packed(text.as_bytes(), zip), &arrival);
        prop_assert_eq!(outcome.end, Ok(()));
        let found: Vec<Value> = outcome
            .records
            .iter()
            .map(|found| serde_json::from_slice(&found.bytes).expect("it is JSON"))
            .collect();
        prop_assert_eq!(found, expected);
        for found in &outcome.records {
            let at = found.offset as usize;
            prop_assert_eq!(&text.as_bytes()[at..at + found.bytes.len()], &found.bytes[..]);
        }
    }

    #[test]
    fn any_bytes_give_the_same_however_they_come(
        parts in proptest::collection::vec(
            proptest::sample::select(&[
                "{", "}", "[", "]", "\"", "\"R\"", ":", ",", " ", "1", "tr", "{\"R\":[", "]}",
                "\\", "\u{feff}", "{}", "x",
            ][..]),
            0..40,
        ),
        arrival in arrivals(),
        max in prop_oneof![Just(5usize), Just(1 << 20)],
    ) {
        let text = parts.concat();
        let limits = DecodeLimits { max_record_bytes: max, ..AMPLE };
        for decoder in [under("R"), under("[]")] {
            let whole = decode_as(&decoder, limits, text.as_bytes(), &Arrival::at_once());
            let cut = decode_as(&decoder, limits, text.as_bytes(), &arrival);
            prop_assert_eq!(&cut, &whole, "{}", text);
        }
    }
}

#[test]
fn the_decoder_json_has_the_list_as_one_record() {
    let outcome = decode(&json(), br#"{"Records":[1,2]}"#);
    assert_eq!(outcome.texts(), [r#"{"Records":[1,2]}"#]);
}

//! Rows of CSV, as they stand and as JSON objects.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, packed};
use crate::{DecodeErrorKind, DecodeLimits, FaultKind, csv_rows, tsv_rows};
#[cfg(feature = "csv")]
use crate::{csv, tsv, w3c_log};
use proptest::prelude::*;

#[test]
fn trap_66_rows_end_where_rfc_4180_says() {
    let cases: [(&str, &[&str]); 11] = [
        ("a,b\n1,2\n", &["a,b", "1,2"]),
        ("a,b\r\n1,2", &["a,b", "1,2"]),
        ("a,b\n\"1\n\n,\",2\n3,4", &["a,b", "\"1\n\n,\",2", "3,4"]),
        ("a\n\"x\"\"y\n\"\"\"\n\"\"\n", &["a", "\"x\"\"y\n\"\"\"", "\"\""]),
        ("\u{feff}a,b\n\n\r\n1,2\n\n", &["a,b", "1,2"]),
        ("a,b\n5\" pipe,a \"word\"\n", &["a,b", "5\" pipe,a \"word\""]),
        ("a,b\n\"1\",\"2\"\r\n,\n", &["a,b", "\"1\",\"2\"", ","]),
        ("a,b\n\"\"\"\",\"a,\"\"b\"\"\"", &["a,b", "\"\"\"\",\"a,\"\"b\"\"\""]),
        ("a", &["a"]),
        ("\n\r\n", &[]),
        ("a\n b\r \n", &["a", " b\r "]),
    ];
    for (text, rows) in cases {
        for size in 1..=text.len() {
            let outcome =
                decode_as(&csv_rows(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!((outcome.texts(), outcome.end), (rows.to_vec(), Ok(())), "{text:?}");
        }
        let tabs = text.replace(',', "\t");
        assert_eq!(decode(&tsv_rows(), tabs.as_bytes()).records.len(), rows.len(), "{text:?}");
    }
}

#[test]
fn trap_66_what_is_no_csv_fails_at_its_place() {
    use DecodeErrorKind::{Csv, NotText, PartialRecord};
    for (text, good, kind, at) in [
        ("a,b\n1,\"2\n3,4\n", 1, PartialRecord, 4),
        ("a,b\n1\n", 1, Csv, 4),
        ("a,b\n1,2\n1,2,3", 2, Csv, 8),
        ("a,b\n\"1\"x,2\n", 1, Csv, 7),
        ("a,b\n\"1\"\rx,2\n", 1, Csv, 8),
        ("a,b\n\"1,2\",\"\n", 1, PartialRecord, 4),
        ("PAR1\x15\x04", 0, NotText, 0),
    ] {
        let whole = decode(&csv_rows(), text.as_bytes());
        assert_eq!((whole.records.len(), whole.end), (good, Err((kind, at))), "{text:?}");
        for size in 1..text.len() {
            let cut = decode_as(&csv_rows(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!(cut, whole, "{text:?} in chunks of {size}");
        }
    }
    let mut block = crate::Block::with_capacity(1 << 16);
    let mut decoding = crate::Decoding::new(&csv_rows(), &crate::ObjectInfo::new("", ""), AMPLE);
    let error = decoding.step(&mut &b"a,b\n1,2,3\n"[..], true, &mut block).expect_err("three");
    assert_eq!(
        error.to_string(),
        "bad row of csv (fields: 3, of the first row: 2), at decoded byte 4"
    );
}

/// Also where a piece of it begins with a quote, which is no quote in the middle of a field.
#[test]
fn a_row_that_is_too_large_is_lost_alone() {
    let limits = DecodeLimits { max_record_bytes: 100, ..AMPLE };
    for long in ["x\"".repeat(40_000), format!("\"{}\"", "\n,\"\"".repeat(40_000))] {
        let text = format!("a,b\n1,2\n{long},9\n3,4\n");
        for size in [1_001, 4_096, usize::MAX] {
            let arrival = Arrival { chunks: vec![size], end_known: true, block: 512 };
            let outcome = decode_as(&csv_rows(), limits, text.as_bytes(), &arrival);
            assert_eq!((outcome.texts(), outcome.end), (vec!["a,b", "1,2", "3,4"], Ok(())));
            let lost: Vec<_> =
                outcome.faults.iter().map(|fault| (fault.index, fault.kind)).collect();
            assert_eq!(lost, [(2, FaultKind::RecordTooLarge)], "{size}");
        }
    }
}

#[cfg(feature = "csv")]
#[test]
fn rows_become_objects_with_the_names_of_the_header() {
    for (text, rows) in [
        ("a,b\n1,2\n", &[r#"{"a":"1","b":"2"}"#][..]),
        (
            "a b,\"c\"\"d\"\n\"x\ny\",\\\n,é\n",
            &[r#"{"a b":"x\ny","c\"d":"\\"}"#, r#"{"a b":"","c\"d":"é"}"#],
        ),
        ("a,b\n", &[]),
        ("", &[]),
        ("\u{feff}a\n5\" pipe\n", &[r#"{"a":"5\" pipe"}"#]),
        ("a\r\n\"\"\r\n", &[r#"{"a":""}"#]),
        ("a,b\n1\t2,3\n", &[r#"{"a":"1\t2","b":"3"}"#]),
    ] {
        for size in 1..=text.len().max(1) {
            let outcome = decode_as(&csv(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
            assert_eq!((outcome.texts(), outcome.end), (rows.to_vec(), Ok(())), "{text:?}");
            let mut offset = 0;
            for found in outcome.records {
                assert_eq!(found.offset, offset);
                offset += found.bytes.len() as u64;
            }
        }
    }
    assert_eq!(decode(&tsv(), b"a\tb\n1\t,").texts(), [r#"{"a":"1","b":","}"#]);
    let many = format!("n\n{}\n", "x".repeat(10_000));
    assert_eq!(decode(&csv(), many.as_bytes()).records[0].bytes.len(), 10_000 + 8);
    let names: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    let wide = format!("{}\n{}", names.join(","), names.join(","));
    let value: serde_json::Value =
        serde_json::from_slice(&decode(&csv(), wide.as_bytes()).records[0].bytes).expect("JSON");
    assert_eq!(value["999"], "999");
}

/// A step hands on so many rows only, and meanwhile more of the object comes.
#[cfg(feature = "csv")]
#[test]
fn a_large_object_in_chunks_comes_whole() {
    let row = "1,some text that is not so short,3\n";
    let text = format!("a,b,c\n{}", row.repeat(100_000));
    assert_eq!(crate::__private::decode(text.as_bytes(), &csv(), 32 << 10), 100_000);
}

#[cfg(feature = "csv")]
#[test]
fn what_cannot_be_an_object_fails_by_name() {
    for (text, says) in [
        (&b"a,b,a\n1,2,3\n"[..], "two fields of the header are called `a`, at decoded byte 0"),
        (b"a\nok\n\xff\n", "field 1 of the row that begins is no UTF-8"),
        (b"a,b\n1\n", "bad row of csv (fields: 1, of the first row: 2), at decoded byte 4"),
    ] {
        let mut block = crate::Block::with_capacity(1 << 16);
        let mut decoding = crate::Decoding::new(&csv(), &crate::ObjectInfo::new("", ""), AMPLE);
        let error = decoding.step(&mut &text[..], true, &mut block).expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
    }
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn any_rows_are_found_however_they_come(
        (names, rows) in (1usize..5).prop_flat_map(|width| (
            Just((0..width).map(|n| format!("n{n}")).collect::<Vec<_>>()),
            proptest::collection::vec(
                proptest::collection::vec(("[a-c,\"\n\r\té]{0,6}", any::<bool>()), width..=width),
                0..8,
            ),
        )),
        crlf in any::<bool>(),
        ended in any::<bool>(),
        arrival in arrivals(),
        zip in any::<bool>(),
    ) {
        let mut lines = vec![names.join(",")];
        let mut expected = Vec::new();
        for row in rows {
            let fields: Vec<_> = row
                .iter()
                .map(|(field, quote)| {
                    let plain = !field.contains([',', '"', '\n', '\r']) && !field.is_empty();
                    if plain && !quote { field.clone() } else { quoted(field) }
                })
                .collect();
            lines.push(fields.join(","));
            expected.push(row.into_iter().map(|(field, _)| field).collect::<Vec<_>>());
        }
        let end = if crlf { "\r\n" } else { "\n" };
        let text = lines.join(end) + if ended { end } else { "" };
        let object = packed(text.as_bytes(), zip);
        let raw = decode_as(&csv_rows(), AMPLE, &object, &arrival);
        prop_assert_eq!(raw.texts(), lines.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(raw.end, Ok(()));
        #[cfg(feature = "csv")]
        {
            let outcome = decode_as(&csv(), AMPLE, &object, &arrival);
            prop_assert_eq!(outcome.end, Ok(()));
            let found: Vec<Vec<String>> = outcome.records.iter().map(|found| {
                let object: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_slice(&found.bytes).expect("it is JSON");
                names.iter().map(|name| object[name].as_str().expect("text").to_owned()).collect()
            }).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn any_bytes_give_the_same_however_they_come(
        text in "[a,\"\n\r\u{feff}]{0,40}",
        arrival in arrivals(),
        max in prop_oneof![Just(4usize), Just(1 << 20)],
    ) {
        let limits = DecodeLimits { max_record_bytes: max, ..AMPLE };
        let whole = decode_as(&csv_rows(), limits, text.as_bytes(), &Arrival::at_once());
        let cut = decode_as(&csv_rows(), limits, text.as_bytes(), &arrival);
        prop_assert_eq!(&cut, &whole, "{:?}", text);
        #[cfg(feature = "csv")]
        {
            let whole = decode_as(&csv(), limits, text.as_bytes(), &Arrival::at_once());
            let cut = decode_as(&csv(), limits, text.as_bytes(), &arrival);
            prop_assert_eq!(&cut, &whole, "{:?}", text);
        }
    }
}

/// The next row would take its place, and give its fields to be names.
#[cfg(feature = "csv")]
#[test]
fn a_header_that_is_lost_fails_the_object_before_any_row() {
    let limits = DecodeLimits { max_record_bytes: 100, ..AMPLE };
    let header = "x,".repeat(100);
    for (decoder, text) in [
        (csv(), format!("{header}\na,b\n1,2\n")),
        (w3c_log(), format!("#Fields: {header}\n1\n")),
        (w3c_log(), format!("#Fields: a\n#Fields: {header}\n1\n")),
    ] {
        for size in [1, 50, 1_000] {
            let arrival = Arrival { chunks: vec![size], end_known: true, block: 512 };
            let outcome = decode_as(&decoder, limits, text.as_bytes(), &arrival);
            assert_eq!((outcome.records.len(), outcome.faults.len()), (0, 1), "{text}");
            assert!(matches!(outcome.end, Err((DecodeErrorKind::Decoded, _))), "{text}");
        }
    }
}

/// A few fields with long names, and rows of nothing.
#[cfg(feature = "csv")]
#[test]
fn trap_67_names_are_no_bomb() {
    let limits = DecodeLimits { max_ratio: None, ..AMPLE };
    let name = |n: usize| format!("{n}{}", "n".repeat(10_000));
    let text = format!("{},{}\n{}", name(1), name(2), ",\n".repeat(50_000));
    let end = decode_as(&csv(), limits, text.as_bytes(), &Arrival::at_once()).end;
    assert!(matches!(end, Err((DecodeErrorKind::Ratio, _))), "{end:?}");
}

#[cfg(feature = "csv")]
#[test]
fn a_w3c_log_names_its_fields_in_a_line_of_its_own() {
    let text = "#Version: 1.0\n#Fields: a b\n1\t\n2 3\n#Fields: c\nx\n";
    for size in 1..text.len() {
        let outcome = decode_as(&w3c_log(), AMPLE, text.as_bytes(), &Arrival::in_chunks_of(size));
        let rows = [r#"{"a":"1","b":""}"#, r#"{"a":"2","b":"3"}"#, r#"{"c":"x"}"#];
        assert_eq!((outcome.texts(), outcome.end), (rows.to_vec(), Ok(())));
    }
    for (text, kind, at) in [
        ("#Fields: a b\n1\n", DecodeErrorKind::Csv, 13),
        ("#Fields: a b\n1\t2\t3\n", DecodeErrorKind::Csv, 13),
        ("1\n#Fields: a\n", DecodeErrorKind::Decoded, 0),
        ("#Fields: a a\n", DecodeErrorKind::Decoded, 0),
    ] {
        assert_eq!(decode(&w3c_log(), text.as_bytes()).end, Err((kind, at)), "{text:?}");
    }
}

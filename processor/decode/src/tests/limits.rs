//! What an object may not exceed.

use super::{AMPLE, Arrival, decode_as, model, packings};
use crate::{DecodeErrorKind, DecodeLimits, Fault, FaultKind, json, lines, whole};

fn with_records_of(max_record_bytes: usize) -> DecodeLimits {
    DecodeLimits { max_record_bytes, ..AMPLE }
}

fn arrivals() -> impl Iterator<Item = Arrival> {
    let blocks = [1, 5, 16, 4096];
    blocks.into_iter().flat_map(|block| {
        [1, 3, 64, usize::MAX].map(|size| Arrival { chunks: vec![size], end_known: true, block })
    })
}

#[test]
fn trap_24_decoded_bytes_are_limited_exactly() {
    let text = b"aaaa\nbbbb\ncccc\n";
    for object in packings(text) {
        for arrival in arrivals() {
            let limited = |max_object_bytes| {
                decode_as(&lines(), DecodeLimits { max_object_bytes, ..AMPLE }, &object, &arrival)
            };
            assert_eq!(limited(15).end, Ok(()));
            assert_eq!(limited(14).end, Err((DecodeErrorKind::ObjectTooLarge, 14)));
            assert_eq!(
                limited(14).texts(),
                ["aaaa", "bbbb"],
                "whole records before the limit are kept"
            );
            assert_eq!(limited(0).end, Err((DecodeErrorKind::ObjectTooLarge, 0)));
        }
    }
}

#[cfg(feature = "gzip")]
#[test]
fn trap_24_a_bomb_is_stopped_by_its_ratio() {
    let bomb = super::member(&vec![b'\n'; 3 << 20]);
    let limited = |object: &[u8], max_ratio: u32| {
        let max_ratio = Some(max_ratio);
        decode_as(&lines(), DecodeLimits { max_ratio, ..AMPLE }, object, &Arrival::at_once()).end
    };
    let (kind, offset) = limited(&bomb, 200).expect_err("it expands a thousandfold");
    assert_eq!(kind, DecodeErrorKind::Ratio);
    assert!(offset < (1 << 20) + (128 << 10), "noticed only after {offset} bytes");
    assert_eq!(limited(&bomb, u32::MAX), Ok(()));
    assert_eq!(
        limited(&super::member(&vec![b'\n'; 1 << 20]), 200),
        Ok(()),
        "small objects may be very regular"
    );
    assert_eq!(limited(&vec![b'\n'; 3 << 20], 0), Ok(()), "nothing is compressed here");
}

#[test]
fn trap_28_a_large_record_is_one_fault_and_framing_goes_on() {
    let fault = Fault { index: 1, offset: 4, kind: FaultKind::RecordTooLarge };
    for arrival in arrivals() {
        let lines =
            decode_as(&lines(), with_records_of(5), b"one\n123456\ntwo\n12345\r\n", &arrival);
        assert_eq!(
            (lines.texts(), lines.end),
            (vec!["one", "two", "12345"], Ok(())),
            "{arrival:?}"
        );
        assert_eq!(lines.faults, [fault]);
        assert_eq!(lines.records.iter().map(|found| found.index).collect::<Vec<_>>(), [0, 2, 3]);

        let json =
            decode_as(&json(), with_records_of(5), b"[1]\n{\"]}\":[{}]}\"two\"12345 ", &arrival);
        assert_eq!(
            (json.texts(), json.end),
            (vec!["[1]", "\"two\"", "12345"], Ok(())),
            "{arrival:?}"
        );
        assert_eq!(json.faults, [fault]);
        assert_eq!(json.records.iter().map(|found| found.index).collect::<Vec<_>>(), [0, 2, 3]);
    }
}

#[test]
fn trap_28_a_large_record_at_the_end_is_a_fault_too() {
    for arrival in arrivals() {
        for (decoder, object) in
            [(lines(), "a\n123456"), (json(), "1\n123456"), (json(), "1\n\"2345\"")]
        {
            let outcome = decode_as(&decoder, with_records_of(5), object.as_bytes(), &arrival);
            assert_eq!((outcome.records.len(), outcome.end), (1, Ok(())));
            assert_eq!(
                outcome.faults,
                [Fault { index: 1, offset: 2, kind: FaultKind::RecordTooLarge }]
            );
        }
        let partial = decode_as(&json(), with_records_of(5), b"1\n[23456789", &arrival);
        assert_eq!(partial.end, Err((DecodeErrorKind::PartialRecord, 2)));
        assert_eq!(partial.faults.len(), 1);
    }
}

/// What stands before the value in the same slice is not taken back over the fault.
#[test]
fn a_large_value_that_turns_out_to_be_damaged_is_a_fault_first() {
    for object in [&b"[{{]"[..], b" [{{]", b"1 \n[{{] {}", b"\xef\xbb\xbf [{{]{{{{{{{{{{{{"] {
        for arrival in arrivals() {
            let outcome = decode_as(&json(), with_records_of(1), object, &arrival);
            assert_eq!(outcome, model::json(object, 1), "{arrival:?}");
            assert_eq!(outcome.faults.len(), 1);
        }
    }
}

#[test]
fn trap_28_an_object_too_large_for_one_record_fails() {
    for arrival in arrivals() {
        let whole = |object: &[u8]| decode_as(&whole(), with_records_of(5), object, &arrival);
        assert_eq!(whole(b"12345").end, Ok(()));
        assert_eq!(whole(b"123456").end, Err((DecodeErrorKind::RecordTooLarge, 5)));
        assert!(whole(b"123456").records.is_empty());
    }
}

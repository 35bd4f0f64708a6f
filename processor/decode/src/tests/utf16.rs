//! Text in UTF-16.

use super::{AMPLE, Arrival, arrivals, decode, decode_as, packed};
use crate::{DecodeErrorKind, json, lines, whole};
use proptest::prelude::*;

/// With its mark.
fn utf16(text: &str, is_little: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn trap_62_text_in_utf_16_is_read_as_utf_8() {
    let text = "{\"a\":\"é日😀\"}\r\n{\"b\":1}";
    for is_little in [true, false] {
        let object = utf16(text, is_little);
        for object in [object.clone(), packed(&object, true)] {
            for size in 1..=object.len() {
                let arrival = Arrival::in_chunks_of(size);
                for decoder in [json(), lines()] {
                    let outcome = decode_as(&decoder, AMPLE, &object, &arrival);
                    let expected = ["{\"a\":\"é日😀\"}", "{\"b\":1}"];
                    assert_eq!((outcome.texts(), outcome.end), (expected.to_vec(), Ok(())));
                }
            }
            // Byte for byte.
            let bytes = utf16(text, is_little);
            assert_eq!(decode(&whole(), &object).records[0].bytes, bytes);
        }
    }
    assert_eq!(decode(&lines(), b"\xff\xfe").end, Ok(()));
}

#[test]
fn what_is_no_utf_16_fails_at_its_place() {
    let half = [&utf16("ab", true)[..], b"c"].concat();
    let unpaired = [&utf16("ab", true)[..], &[0, 0xd8], b"c\0"].concat();
    for size in 1..8 {
        let end =
            |object: &[u8]| decode_as(&lines(), AMPLE, object, &Arrival::in_chunks_of(size)).end;
        assert!(matches!(end(&half), Err((DecodeErrorKind::Stored, 6..=7))), "{:?}", end(&half));
        assert!(matches!(end(&unpaired), Err((DecodeErrorKind::Stored, 6..=10))));
        assert_eq!(end(b"\xff\xfe\0\0a\0\0\0"), Err((DecodeErrorKind::NotText, 0)));
        assert_eq!(end(b"\0\0\xfe\xff\0\0\0a"), Err((DecodeErrorKind::NotText, 0)));
    }
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_is_what_it_is_in_utf_8(
        text in "[a-z\n é日😀]{0,80}",
        is_little in any::<bool>(),
        zip in any::<bool>(),
        arrival in arrivals(),
    ) {
        let object = packed(&utf16(&text, is_little), zip);
        let outcome = decode_as(&lines(), AMPLE, &object, &arrival);
        prop_assert_eq!(outcome, super::model::lines(text.as_bytes(), AMPLE.max_record_bytes));
    }
}

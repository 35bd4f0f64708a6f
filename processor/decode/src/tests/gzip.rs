//! Compression: recognized by magic bytes, all members, nothing accepted that is damaged.

use super::{AMPLE, Arrival, Outcome, arrivals, decode, decode_as, member};
use crate::{DecodeErrorKind, json, lines};
use flate2::{Compression, Crc, GzBuilder, write::DeflateEncoder};
use proptest::prelude::*;
use std::io::Write;

const STREAM: &[u8] = b"{\"a\":1}\n{\"b\":[\"}{\",2]}\n{\"c\":\"caf\xc3\xa9\"} 12 ";

fn crc(data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(data);
    crc.sum()
}

/// A member with every optional field of the header.
fn member_with_all_fields(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0b1_1111, 1, 2, 3, 4, 0, 255];
    bytes.extend_from_slice(b"\x05\0extra");
    bytes.extend_from_slice(b"name\0comment\0");
    let header_crc = crc(&bytes) as u16;
    bytes.extend_from_slice(&header_crc.to_le_bytes());
    let mut encoder = DeflateEncoder::new(bytes, Compression::default());
    encoder.write_all(data).expect("a vector takes all");
    let mut bytes = encoder.finish().expect("a vector takes all");
    bytes.extend_from_slice(&crc(data).to_le_bytes());
    bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
    bytes
}

fn in_every_chunk_size(object: &[u8], expected: &Outcome) {
    for size in 1..=object.len() {
        assert_eq!(
            &decode_as(&json(), AMPLE, object, &Arrival::in_chunks_of(size)),
            expected,
            "chunks of {size}"
        );
    }
}

fn end_of(object: &[u8]) -> Result<(), (DecodeErrorKind, u64)> {
    decode(&json(), object).end
}

proptest! {
    #[test]
    fn trap_20_members_in_any_pieces_give_what_they_contain(
        data in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..400),
        cuts in proptest::collection::vec(0usize..400, 0..6),
        padding in 0usize..20,
        arrival in arrivals(),
    ) {
        let cuts = cuts.into_iter().map(|cut| cut.min(data.len()));
        let mut cuts: Vec<_> = cuts.chain([0, data.len()]).collect();
        cuts.sort_unstable();
        let members = cuts.windows(2).flat_map(|ends| member(&data[ends[0]..ends[1]]));
        let mut object: Vec<u8> = members.collect();
        object.resize(object.len() + padding, 0);
        let outcome = decode_as(&lines(), AMPLE, &object, &arrival);
        prop_assert_eq!(outcome, super::model::lines(&data, 1 << 20));
    }
}

#[test]
fn trap_20_all_members_are_read_wherever_they_meet() {
    let expected = decode(&json(), STREAM);
    assert_eq!(expected.texts().len(), 4);
    for cut in 0..=STREAM.len() {
        let (front, back) = STREAM.split_at(cut);
        let object = [member(front), member(b""), member(back), vec![0; 3]].concat();
        assert_eq!(decode(&json(), &object), expected);
        assert_eq!(decode_as(&json(), AMPLE, &object, &Arrival::in_chunks_of(7)), expected);
    }
    in_every_chunk_size(&[member(&STREAM[..20]), member(&STREAM[20..])].concat(), &expected);
}

#[test]
fn trap_20_only_zero_bytes_may_follow_the_last_member() {
    let mut object = member(STREAM);
    let end = object.len() as u64;
    object.extend_from_slice(&[0; 600]);
    assert_eq!(end_of(&object), Ok(()));
    object.push(b'x');
    assert_eq!(end_of(&object), Err((DecodeErrorKind::TrailingGarbage, end + 600)));
    let garbage = [member(STREAM), b"{}".to_vec()].concat();
    assert_eq!(end_of(&garbage), Err((DecodeErrorKind::TrailingGarbage, end)));
    assert_eq!(decode(&json(), &garbage).records, decode(&json(), STREAM).records);
    let after_padding = [member(STREAM), vec![0], member(STREAM)].concat();
    assert_eq!(end_of(&after_padding), Err((DecodeErrorKind::TrailingGarbage, end + 1)));
}

#[test]
fn headers_may_have_every_field() {
    let expected = decode(&json(), STREAM);
    let object = member_with_all_fields(STREAM);
    in_every_chunk_size(&object, &expected);
    in_every_chunk_size(&[member(b""), object.clone()].concat(), &expected);
    let empty_extra =
        GzBuilder::new().extra(Vec::new()).filename("a").write(Vec::new(), Compression::fast());
    assert_eq!(end_of(&empty_extra.finish().expect("a vector takes all")), Ok(()));
    let mut wrong_checksum = object;
    wrong_checksum[5] ^= 1;
    assert_eq!(end_of(&wrong_checksum), Err((DecodeErrorKind::Gzip, 0)));
}

#[test]
fn trap_21_a_gzip_cut_anywhere_fails() {
    let two = [member_with_all_fields(&STREAM[..10]), member(&STREAM[10..])].concat();
    let first = two.len() - member(&STREAM[10..]).len();
    for cut in (2..two.len()).filter(|cut| *cut != first) {
        for size in [1, 5, 1000] {
            let outcome = decode_as(&lines(), AMPLE, &two[..cut], &Arrival::in_chunks_of(size));
            assert_eq!(
                outcome.end,
                Err((DecodeErrorKind::TruncatedGzip, cut as u64)),
                "cut at {cut}"
            );
        }
    }
    // Cut exactly between members, it is a complete gzip file of half a value.
    assert_eq!(end_of(&two[..first]), Err((DecodeErrorKind::PartialRecord, 8)));
}

#[test]
fn trap_21_no_damaged_byte_passes_for_good() {
    let object = [member_with_all_fields(&STREAM[..20]), member(&STREAM[20..])].concat();
    let good = decode(&json(), &object);
    let (mut failed, mut harmless) = (0, 0);
    for at in 0..object.len() {
        for bit in 0..8 {
            let mut damaged = object.clone();
            damaged[at] ^= 1 << bit;
            let outcome = decode(&json(), &damaged);
            // The second header has no checksum: time, level, operating system may change.
            match outcome.end {
                Ok(()) => assert_eq!(outcome, good, "byte {at} bit {bit}"),
                Err(_) => failed += 1,
            }
            harmless += usize::from(outcome.end.is_ok());
        }
    }
    assert!(
        failed > 8 * (object.len() - 10) && harmless > 0,
        "{failed} failed, {harmless} did not"
    );
}

#[test]
fn trap_21_checksum_and_length_are_compared_although_all_records_are_fine() {
    let object = member(STREAM);
    for at in object.len() - 8..object.len() {
        let mut damaged = object.clone();
        damaged[at] ^= 0x10;
        let outcome = decode(&json(), &damaged);
        assert_eq!(outcome.records, decode(&json(), STREAM).records);
        assert_eq!(outcome.end, Err((DecodeErrorKind::Gzip, 0)));
    }
    let second = [object.clone(), object.clone(), vec![]].concat();
    let mut damaged = second;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert_eq!(end_of(&damaged), Err((DecodeErrorKind::Gzip, object.len() as u64)));
}

#[test]
fn trap_22_magic_bytes_decide() {
    let expected = decode(&json(), STREAM);
    in_every_chunk_size(&member(STREAM), &expected);
    in_every_chunk_size(STREAM, &expected);
    // Half of the magic is data.
    for size in [1, 2, 3] {
        let lines = |object| decode_as(&lines(), AMPLE, object, &Arrival::in_chunks_of(size));
        assert_eq!(lines(b"\x1f").texts(), ["\x1f"]);
        assert_eq!(lines(b"\x1fa\nb").texts(), ["\x1fa", "b"]);
        assert_eq!(lines(b"\x1f\x1f\n").texts(), ["\x1f\x1f"]);
    }
    assert_eq!(end_of(b"\x1f\x8b"), Err((DecodeErrorKind::TruncatedGzip, 2)));
    assert_eq!(end_of(b"\x1f\x8b\x07"), Err((DecodeErrorKind::Gzip, 0)));
}

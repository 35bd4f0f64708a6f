//! Bombs of gzip.

use super::{MIB, cost, repeated};
use crate::{DecodeErrorKind, json, lines, tests::member};
use flate2::{Compression, GzBuilder};

/// 50,000 members of 20 bytes, each with a header, a checksum and nothing in it.
#[test]
fn empty_gzip_members_are_read_in_few_steps_and_no_space() {
    let member = member(b"");
    let members = member.repeat(MIB / member.len());
    let cost = cost(&json(), repeated(&members, 4));
    assert_eq!((cost.records, cost.end), (0, Ok(())));
    assert!(cost.held < MIB as u64 / 4 && cost.steps < 400, "{cost:?}");
}

#[test]
fn a_gzip_header_without_an_end_takes_no_space() {
    const FNAME: u8 = 8;
    const FCOMMENT: u8 = 16;
    for flags in [FNAME, FCOMMENT, FNAME | FCOMMENT] {
        let begin = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
        let endless = vec![b'a'; MIB];
        let cost = cost(&json(), std::iter::once(&begin[..]).chain(repeated(&endless, 8)));
        assert_eq!(cost.end, Err((DecodeErrorKind::TruncatedGzip, 10 + 8 * MIB as u64)));
        assert!(cost.held < MIB as u64 / 4 && cost.steps < 40, "{cost:?}");
    }
}

#[test]
fn the_largest_gzip_header_there_may_be_is_read() {
    let large = GzBuilder::new()
        .extra(vec![b'e'; 65_535])
        .filename(vec![b'n'; MIB])
        .comment(vec![b'c'; MIB]);
    let mut object = Vec::new();
    let mut encoder = large.write(&mut object, Compression::fast());
    std::io::Write::write_all(&mut encoder, b"{}").expect("a vector takes all");
    encoder.finish().expect("a vector takes all");
    let cost = cost(&json(), object.chunks(1000));
    assert_eq!((cost.records, cost.end), (1, Ok(())));
    assert!(cost.held < MIB as u64 / 4, "{cost:?}");
}

/// A bomb in a bomb is held to the ratio of all layers together, and so is one that expands into
/// nothing.
#[test]
fn trap_67_a_bomb_in_a_bomb_costs_little_time_and_no_space() {
    let bomb = member(&vec![b'\n'; 30 * MIB]);
    // Zero bytes behind a member are no data.
    let padding = [member(b""), vec![0; 30 * MIB]].concat();
    let inner_expands_to_nothing = member(&padding);
    for object in [member(&bomb), inner_expands_to_nothing] {
        for decoder in [json(), lines()] {
            let cost = cost(&decoder, [&object[..]]);
            assert!(matches!(cost.end, Err((DecodeErrorKind::Ratio, _))), "{cost:?}");
            assert!(cost.held < MIB as u64 / 4 && cost.steps < 40, "{cost:?}");
        }
    }
}

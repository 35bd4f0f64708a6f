//! Objects made to use up memory or time. What they cost is counted in bytes held and in steps, not
//! in time.

use flate2::{Compression, GzBuilder};

use super::gzip;
use crate::decode::{
    Block, DecodeErrorKind, DecodeLimits, Decoder, Fault, FaultKind, Framing, Step,
};

/// As the default limits of a pipeline, except that large records are not so large.
const LIMITS: DecodeLimits =
    DecodeLimits { max_record_bytes: 1 << 20, max_object_bytes: 64 << 30, max_ratio: 1_000 };

const MIB: usize = 1 << 20;

/// What an object came to.
#[derive(Debug)]
struct Cost {
    records: usize,
    faults: Vec<Fault>,
    end: Result<(), (DecodeErrorKind, u64)>,
    steps: usize,
    /// The most that was held at a time, in bytes.
    held: u64,
}

/// Decodes what comes in these chunks, as a pipeline does it: one block, cleared when it is full.
fn cost<'a>(framing: Framing, chunks: impl IntoIterator<Item = &'a [u8]>) -> Cost {
    let mut cost = Cost { records: 0, faults: Vec::new(), end: Ok(()), steps: 0, held: 0 };
    let used = allocation_counter::measure(|| feed(framing, chunks.into_iter(), &mut cost));
    cost.held = used.bytes_max;
    cost
}

fn feed<'a>(framing: Framing, mut chunks: impl Iterator<Item = &'a [u8]>, cost: &mut Cost) {
    let mut decoder = Decoder::new(framing, LIMITS);
    let mut block = Block::with_capacity(64 * 1024);
    let (mut chunk, mut last): (&[u8], _) = (&[], false);
    loop {
        cost.steps += 1;
        let step = decoder.step(&mut chunk, last, &mut block);
        if step != Ok(Step::NeedInput) && step != Ok(Step::Yield) {
            cost.records += block.len();
            cost.faults.extend_from_slice(block.faults());
            block.clear();
        }
        match step {
            Ok(Step::NeedInput) => {
                (chunk, last) = chunks.next().map_or((&[][..], true), |chunk| (chunk, false));
            }
            Ok(Step::Yield | Step::BlockFull) => {}
            Ok(Step::End) => return,
            Err(error) => return cost.end = Err((error.kind(), error.offset())),
        }
    }
}

fn repeated(chunk: &[u8], times: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::repeat_n(chunk, times)
}

/// However it is cut, and whatever is done about it, it is held once, and no step is wasted on it.
#[test]
fn a_record_without_an_end_takes_no_more_memory_than_the_limit_on_records() {
    for (framing, begin, end) in [
        (Framing::Lines, "", Ok(())),
        (Framing::Json, "\"", Err((DecodeErrorKind::PartialRecord, 0))),
        (Framing::Json, "[{\"a\":\"", Err((DecodeErrorKind::PartialRecord, 0))),
        (Framing::Whole, "", Err((DecodeErrorKind::RecordTooLarge, MIB as u64))),
    ] {
        for size in [1024, 64 * 1024] {
            let endless = vec![b'a'; size];
            let chunks = 4 * MIB / size;
            let cost =
                cost(framing, std::iter::once(begin.as_bytes()).chain(repeated(&endless, chunks)));
            assert_eq!((cost.records, cost.end), (0, end), "{framing} {begin}");
            let fault = Fault { index: 0, offset: 0, kind: FaultKind::RecordTooLarge };
            assert_eq!(cost.faults, if framing == Framing::Whole { vec![] } else { vec![fault] });
            // The buffer, and for a moment the smaller one that it takes the place of.
            assert!(cost.held < 5 * MIB as u64 / 2, "{framing} {begin}: {cost:?}");
            assert!(cost.steps <= chunks + 20, "{framing} {begin}: {cost:?}");
        }
    }
}

#[test]
fn nesting_is_refused_where_it_becomes_too_deep() {
    for brackets in ["[", "{", "{\"a\":["] {
        let object = brackets.repeat(1_000_000);
        let cost = cost(Framing::Json, object.as_bytes().chunks(64 * 1024));
        assert!(matches!(cost.end, Err((DecodeErrorKind::TooDeep, 1_000..4_000))), "{cost:?}");
        assert!(cost.steps < 5 && cost.held < MIB as u64, "{cost:?}");
    }
}

#[test]
fn bytes_that_are_no_records_are_passed_over_in_no_space() {
    for (framing, empty) in
        [(Framing::Lines, "\n"), (Framing::Lines, "\r\n"), (Framing::Json, " \r\n\t")]
    {
        let chunk = empty.repeat(MIB / empty.len());
        let cost = cost(framing, repeated(chunk.as_bytes(), 16));
        assert_eq!((cost.records, cost.end), (0, Ok(())), "{framing} {empty:?}");
        assert!(cost.held < MIB as u64 / 4 && cost.steps < 100, "{framing} {empty:?}: {cost:?}");
    }
}

/// 50,000 members of 20 bytes, each with a header, a checksum and nothing in it.
#[test]
fn empty_gzip_members_are_read_in_few_steps_and_no_space() {
    let member = gzip::member(b"");
    let members = member.repeat(MIB / member.len());
    let cost = cost(Framing::Json, repeated(&members, 4));
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
        let cost = cost(Framing::Json, std::iter::once(&begin[..]).chain(repeated(&endless, 8)));
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
    let cost = cost(Framing::Json, object.chunks(1000));
    assert_eq!((cost.records, cost.end), (1, Ok(())));
    assert!(cost.held < MIB as u64 / 4, "{cost:?}");
}

/// Only the outer layer is undone, so a bomb in a bomb is no more than a bomb.
#[test]
fn gzip_in_gzip_is_data() {
    let bomb = gzip::member(&vec![b'\n'; 3 * MIB]);
    let nested = gzip::member(&bomb);
    let json = cost(Framing::Json, [&nested[..]]);
    assert_eq!(json.end, Err((DecodeErrorKind::StrayByte, 0)));
    let lines = cost(Framing::Lines, [&nested[..]]);
    assert_eq!(lines.end, Ok(()));
    assert!(lines.held < MIB as u64 / 4, "{lines:?}");
}

/// Records as small as they can be: how many there are in a block, and what is known of each, is
/// bounded by its size.
#[test]
fn the_smallest_records_take_a_few_times_their_size() {
    let chunk = "1\n".repeat(MIB / 2);
    for framing in [Framing::Lines, Framing::Json] {
        let cost = cost(framing, repeated(chunk.as_bytes(), 4));
        assert_eq!((cost.records, cost.end), (2 * MIB, Ok(())));
        assert!(cost.held < MIB as u64, "{framing}: {cost:?}");
    }
}

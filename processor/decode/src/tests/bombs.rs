//! Objects made to use up memory or time. What they cost is counted in bytes held and in steps, not
//! in time.

#[cfg(feature = "gzip")]
mod gzip;

use crate::{
    Block, DecodeErrorKind, DecodeLimits, Decoder, Decoding, Fault, FaultKind, ObjectInfo, Step,
    json, lines, whole,
};

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
fn cost<'a>(decoder: &dyn Decoder, chunks: impl IntoIterator<Item = &'a [u8]>) -> Cost {
    let mut cost = Cost { records: 0, faults: Vec::new(), end: Ok(()), steps: 0, held: 0 };
    let used = allocation_counter::measure(|| feed(decoder, chunks.into_iter(), &mut cost));
    cost.held = used.bytes_max;
    cost
}

fn feed<'a>(decoder: &dyn Decoder, mut chunks: impl Iterator<Item = &'a [u8]>, cost: &mut Cost) {
    // As the default limits of a pipeline, except that large records are not so large.
    let limits = DecodeLimits { max_record_bytes: 1 << 20, ..DecodeLimits::default() };
    let mut decoding = Decoding::new(decoder, &ObjectInfo::new("", ""), limits);
    let mut block = Block::with_capacity(64 * 1024);
    let (mut chunk, mut last): (&[u8], _) = (&[], false);
    loop {
        cost.steps += 1;
        let step = decoding.step(&mut chunk, last, &mut block);
        if step != Ok(Step::NeedInput) && step != Ok(Step::Yield) {
            cost.records += block.len();
            cost.faults.extend_from_slice(block.faults());
            block.clear();
        }
        match step {
            Ok(Step::NeedInput) => {
                (chunk, last) = chunks.next().map_or((&[][..], true), |chunk| (chunk, false));
            }
            Ok(Step::Yield | Step::NeedMemory(_) | Step::BlockFull) => {}
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
    for (decoder, begin, end) in [
        (lines(), "", Ok(())),
        (json(), "\"", Err((DecodeErrorKind::PartialRecord, 0))),
        (json(), "[{\"a\":\"", Err((DecodeErrorKind::PartialRecord, 0))),
        (whole(), "", Err((DecodeErrorKind::RecordTooLarge, MIB as u64))),
    ] {
        for size in [1024, 64 * 1024] {
            let endless = vec![b'a'; size];
            let chunks = 4 * MIB / size;
            let cost =
                cost(&decoder, std::iter::once(begin.as_bytes()).chain(repeated(&endless, chunks)));
            assert_eq!((cost.records, cost.end), (0, end), "{decoder:?} {begin}");
            let fault = Fault { index: 0, offset: 0, kind: FaultKind::RecordTooLarge };
            assert_eq!(
                cost.faults,
                if decoder.identity() == "whole" { vec![] } else { vec![fault] }
            );
            // The buffer, and for a moment the smaller one that it takes the place of.
            assert!(cost.held < 5 * MIB as u64 / 2, "{decoder:?} {begin}: {cost:?}");
            assert!(cost.steps <= chunks + 20, "{decoder:?} {begin}: {cost:?}");
        }
    }
}

#[test]
fn nesting_is_refused_where_it_becomes_too_deep() {
    for brackets in ["[", "{", "{\"a\":["] {
        let object = brackets.repeat(1_000_000);
        let cost = cost(&json(), object.as_bytes().chunks(64 * 1024));
        assert!(matches!(cost.end, Err((DecodeErrorKind::TooDeep, 1_000..4_000))), "{cost:?}");
        assert!(cost.steps < 5 && cost.held < MIB as u64, "{cost:?}");
    }
}

#[test]
fn bytes_that_are_no_records_are_passed_over_in_no_space() {
    for (decoder, empty) in [(lines(), "\n"), (lines(), "\r\n"), (json(), " \r\n\t")] {
        let chunk = empty.repeat(MIB / empty.len());
        let cost = cost(&decoder, repeated(chunk.as_bytes(), 16));
        assert_eq!((cost.records, cost.end), (0, Ok(())), "{decoder:?} {empty:?}");
        assert!(cost.held < MIB as u64 / 4 && cost.steps < 100, "{decoder:?} {empty:?}: {cost:?}");
    }
}

/// Records as small as they can be: how many there are in a block, and what is known of each, is
/// bounded by its size.
#[test]
fn the_smallest_records_take_a_few_times_their_size() {
    let chunk = "1\n".repeat(MIB / 2);
    for decoder in [lines(), json()] {
        let cost = cost(&decoder, repeated(chunk.as_bytes(), 4));
        assert_eq!((cost.records, cost.end), (2 * MIB, Ok(())));
        assert!(cost.held < MIB as u64, "{decoder:?}: {cost:?}");
    }
}

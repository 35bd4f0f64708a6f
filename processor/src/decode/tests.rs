//! Whole decoders, fed in every way that a network may choose.

mod blocks;
mod bombs;
mod gzip;
mod json;
mod limits;
mod lines;
mod model;

use super::{Block, DecodeErrorKind, DecodeLimits, Decoder, Fault, Framing, Step};

/// No limit that a test would meet by accident.
const AMPLE: DecodeLimits = DecodeLimits { max_record_bytes: 1 << 20, max_object_bytes: 1 << 30, max_ratio: 2000 };

/// Everything that decoding an object gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    records: Vec<Found>,
    faults: Vec<Fault>,
    end: Result<(), (DecodeErrorKind, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    index: u64,
    offset: u64,
    bytes: Vec<u8>,
}

impl Outcome {
    fn texts(&self) -> Vec<&str> {
        self.records.iter().map(|found| std::str::from_utf8(&found.bytes).expect("the test uses UTF-8")).collect()
    }

    fn take(&mut self, block: &Block) {
        self.faults.extend_from_slice(block.faults());
        self.records.extend((0..block.len()).map(|i| Found {
            index: block.index(i),
            offset: block.offset(i),
            bytes: block.record(i).to_vec(),
        }));
    }
}

/// How the object arrives: sizes of the chunks in turn (0 is an empty chunk), and whether the end is known
/// with the last bytes or only afterwards.
#[derive(Clone, Debug)]
struct Arrival {
    chunks: Vec<usize>,
    end_known: bool,
    block: usize,
}

impl Arrival {
    fn at_once() -> Self {
        Self { chunks: vec![usize::MAX], end_known: true, block: 64 * 1024 }
    }

    fn in_chunks_of(size: usize) -> Self {
        Self { chunks: vec![size], end_known: false, block: 64 }
    }
}

fn decode(framing: Framing, object: &[u8]) -> Outcome {
    decode_as(framing, AMPLE, object, &Arrival::at_once())
}

fn decode_as(framing: Framing, limits: DecodeLimits, object: &[u8], arrival: &Arrival) -> Outcome {
    let mut decoder = Decoder::new(framing, limits);
    let mut block = Block::with_capacity(arrival.block);
    let mut outcome = Outcome { records: Vec::new(), faults: Vec::new(), end: Ok(()) };
    let mut sizes = arrival.chunks.iter().copied().cycle();
    let (mut chunk, mut rest): (&[u8], &[u8]) = (&[], object);
    let mut last = rest.is_empty() && arrival.end_known;
    for _ in 0..10_000 {
        match decoder.step(&mut chunk, last, &mut block) {
            Ok(Step::NeedInput) => {
                assert!(chunk.is_empty() && !last, "input is asked for only when there is none");
                let size = sizes.next().expect("it cycles").min(rest.len());
                last = rest.is_empty() || (arrival.end_known && size == rest.len());
                (chunk, rest) = rest.split_at(size);
            }
            Ok(Step::BlockFull) => {
                assert!(!block.is_empty(), "a full block has something to hand on");
                outcome.take(&block);
                block.clear();
            }
            Ok(Step::Yield) => {}
            Ok(Step::End) => {
                outcome.take(&block);
                return outcome;
            }
            Err(error) => {
                outcome.end = Err((error.kind(), error.offset()));
                assert_eq!(decoder.step(&mut chunk, last, &mut block), Err(error), "an error is final");
                outcome.take(&block);
                return outcome;
            }
        }
    }
    panic!("the decoder gets nowhere");
}

/// Arrivals for property tests: mostly small pieces and small blocks.
fn arrivals() -> impl proptest::strategy::Strategy<Value = Arrival> {
    use proptest::prelude::{Just, Strategy, any, prop_oneof};
    let sizes = proptest::collection::vec(prop_oneof![4 => 0usize..8, 2 => 1usize..80, 1 => Just(usize::MAX)], 1..6);
    // Only empty chunks would never get anywhere.
    let sizes = sizes.prop_map(|mut sizes| {
        sizes.push(3);
        sizes
    });
    (sizes, any::<bool>(), prop_oneof![1usize..10, 10usize..300, Just(64 * 1024)])
        .prop_map(|(chunks, end_known, block)| Arrival { chunks, end_known, block })
}

#[test]
fn decoders_and_blocks_can_move_between_threads() {
    fn check<T: Send + 'static>() {}
    check::<Decoder>();
    check::<Block>();
}

#[test]
fn trap_17_an_object_of_zero_bytes_is_complete_and_has_no_records() {
    for framing in [Framing::Json, Framing::Lines, Framing::Whole] {
        for object in [Vec::new(), gzip::member(b"")] {
            let outcome = decode_as(framing, AMPLE, &object, &Arrival::in_chunks_of(1));
            assert_eq!(outcome, Outcome { records: vec![], faults: vec![], end: Ok(()) }, "{framing}");
        }
    }
}

#[test]
fn trap_18_an_object_without_records_is_complete() {
    for (framing, text) in [(Framing::Json, " \r\n\t\n"), (Framing::Json, "\u{feff}"), (Framing::Lines, "\n\r\n\n")] {
        for object in [text.as_bytes().to_vec(), gzip::member(text.as_bytes())] {
            let outcome = decode(framing, &object);
            assert_eq!(outcome, Outcome { records: vec![], faults: vec![], end: Ok(()) }, "{framing} {text:?}");
        }
    }
}

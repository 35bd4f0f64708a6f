//! What decoding must give, beside what it gives when the bytes come as a network may choose.

mod reference;

pub(super) use reference::{json, lines, whole};

use super::{Block, DecodeErrorKind, DecodeLimits, Decoder, Fault, Framing, Step};

/// No limit that a test would meet by accident.
pub(super) const AMPLE: DecodeLimits =
    DecodeLimits { max_record_bytes: 1 << 20, max_object_bytes: 1 << 30, max_ratio: 2000 };

/// Everything that decoding an object gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) records: Vec<Found>,
    pub(super) faults: Vec<Fault>,
    pub(super) end: Result<(), (DecodeErrorKind, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) index: u64,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

impl Outcome {
    #[cfg(test)]
    pub(super) fn texts(&self) -> Vec<&str> {
        self.records
            .iter()
            .map(|found| std::str::from_utf8(&found.bytes).expect("the test uses UTF-8"))
            .collect()
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

/// How the object arrives: sizes of the chunks in turn (0 is an empty chunk), and whether the end
/// is known with the last bytes or only afterwards.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) chunks: Vec<usize>,
    pub(super) end_known: bool,
    pub(super) block: usize,
}

impl Arrival {
    pub(super) fn at_once() -> Self {
        Self { chunks: vec![usize::MAX], end_known: true, block: 64 * 1024 }
    }

    #[cfg(test)]
    pub(super) fn in_chunks_of(size: usize) -> Self {
        Self { chunks: vec![size], end_known: false, block: 64 }
    }
}

#[cfg(test)]
pub(super) fn decode(framing: Framing, object: &[u8]) -> Outcome {
    decode_as(framing, AMPLE, object, &Arrival::at_once())
}

pub(super) fn decode_as(
    framing: Framing,
    limits: DecodeLimits,
    object: &[u8],
    arrival: &Arrival,
) -> Outcome {
    let mut decoder = Decoder::new(framing, limits);
    let mut block = Block::with_capacity(arrival.block);
    let mut outcome = Outcome { records: Vec::new(), faults: Vec::new(), end: Ok(()) };
    let mut sizes = arrival.chunks.iter().copied().cycle();
    let (mut chunk, mut rest): (&[u8], &[u8]) = (&[], object);
    let mut last = rest.is_empty() && arrival.end_known;
    // Deflate cannot make more than 1,032 bytes of one, and each step takes or makes one at least.
    for _ in 0..10_000 + 2_000 * object.len() {
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
                assert_eq!(
                    decoder.step(&mut chunk, last, &mut block),
                    Err(error),
                    "an error is final"
                );
                outcome.take(&block);
                return outcome;
            }
        }
    }
    panic!("the decoder gets nowhere");
}

//! What decoding must give, beside what it gives when the bytes come as a network may choose.

mod reference;

pub(crate) use reference::{json, lines, whole};

use crate::{Block, DecodeErrorKind, DecodeLimits, Decoder, Decoding, Fault, ObjectInfo, Step};

/// No limit that a test would meet by accident.
pub(crate) const AMPLE: DecodeLimits = DecodeLimits {
    max_record_bytes: 1 << 20,
    max_object_bytes: 1 << 30,
    max_ratio: Some(50_000),
    max_memory: 1 << 20,
};

/// Everything that decoding an object gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) records: Vec<Found>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) end: Result<(), (DecodeErrorKind, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) index: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Outcome {
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<&str> {
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
pub(crate) struct Arrival {
    pub(crate) chunks: Vec<usize>,
    pub(crate) end_known: bool,
    pub(crate) block: usize,
}

impl Arrival {
    pub(crate) fn at_once() -> Self {
        Self { chunks: vec![usize::MAX], end_known: true, block: 64 * 1024 }
    }

    #[cfg(test)]
    pub(crate) fn in_chunks_of(size: usize) -> Self {
        Self { chunks: vec![size], end_known: false, block: 64 }
    }
}

#[cfg(test)]
pub(crate) fn decode(decoder: &dyn Decoder, object: &[u8]) -> Outcome {
    decode_as(decoder, AMPLE, object, &Arrival::at_once())
}

pub(crate) fn decode_as(
    decoder: &dyn Decoder,
    limits: DecodeLimits,
    object: &[u8],
    arrival: &Arrival,
) -> Outcome {
    let mut decoding = Decoding::new(decoder, &ObjectInfo::new("", ""), limits);
    let mut block = Block::with_capacity(arrival.block);
    let mut outcome = Outcome { records: Vec::new(), faults: Vec::new(), end: Ok(()) };
    let mut sizes = arrival.chunks.iter().copied().cycle();
    let (mut chunk, mut rest): (&[u8], &[u8]) = (&[], object);
    let mut last = rest.is_empty() && arrival.end_known;
    // Deflate cannot make more than 1,032 bytes of one, and each step takes or makes one at least.
    for _ in 0..10_000 + 2_000 * object.len() {
        match decoding.step(&mut chunk, last, &mut block) {
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
            Ok(Step::Yield | Step::NeedMemory(_)) => {}
            Ok(Step::End) => {
                outcome.take(&block);
                return outcome;
            }
            Err(error) => {
                outcome.end = Err((error.kind(), error.offset()));
                assert_eq!(
                    decoding.step(&mut chunk, last, &mut block),
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

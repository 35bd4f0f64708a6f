//! A decoder and a codec as others write them, with nothing but what is public.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use s3_sqs_decode::{
    Block, BlockWriter, Codec, Decode, DecodeError, DecodeErrorKind, DecodeLimits, Decoder,
    Decoding, FaultKind, Input, ObjectInfo, Read, Step, json, lines,
};
use std::borrow::Cow;

/// Records of a fixed length, as the documentation of [`Decoder`] has them.
#[derive(Debug)]
struct Fixed(usize);

struct Cut {
    length: usize,
    row: Vec<u8>,
}

impl Decoder for Fixed {
    fn identity(&self) -> Cow<'static, str> {
        format!("fixed:{}", self.0).into()
    }

    fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        Box::new(Cut { length: self.0, row: Vec::new() })
    }
}

impl Decode for Cut {
    fn step(
        &mut self,
        mut input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        loop {
            self.row.extend_from_slice(input.take(self.length - self.row.len()));
            match self.row.len() {
                0 if input.last => return Ok(Step::End),
                n if n < self.length && !input.last => return Ok(Step::NeedInput),
                n if n < self.length => {
                    return Err(DecodeError::decoded("a row is cut short", block.position()));
                }
                _ if !block.copy(&self.row) => return Ok(Step::BlockFull),
                _ => self.row.clear(),
            }
        }
    }
}

/// Each byte as two hexadecimal digits. It asks for memory before it begins.
#[derive(Default)]
struct Hex {
    consumed: u64,
    half: Option<u8>,
    asked: bool,
}

impl Codec for Hex {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if !self.asked {
            self.asked = true;
            return Ok(Read::NeedMemory(1 << 16));
        }
        let mut written = 0;
        while let Some((digit, rest)) = input.split_first().filter(|_| written < out.len()) {
            let value = char::from(*digit).to_digit(16);
            let value = value.ok_or_else(|| DecodeError::stored("no digit", self.consumed))? as u8;
            match self.half.take() {
                None => self.half = Some(value << 4),
                Some(half) => {
                    out[written] = half | value;
                    written += 1;
                }
            }
            *input = rest;
            self.consumed += 1;
        }
        match self.half {
            _ if written > 0 => Ok(Read::Bytes(written)),
            Some(_) if last => Err(DecodeError::stored("half a byte", self.consumed)),
            None if last => Ok(Read::End),
            _ => Ok(Read::NeedInput),
        }
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

fn hex(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// Index, offset and bytes of each record; offsets of what is lost; what memory was asked for; the
/// end.
type Outcome = (Vec<(u64, u64, Vec<u8>)>, Vec<u64>, Vec<u64>, Result<(), DecodeError>);

fn decode(
    decoder: &dyn Decoder,
    limits: DecodeLimits,
    object: &[u8],
    chunk: usize,
    block: usize,
) -> Outcome {
    let info = ObjectInfo::new("bucket", "key").size(Some(object.len() as u64));
    let mut decoding = Decoding::new(decoder, &info, limits);
    let mut block = Block::with_capacity(block);
    let mut chunks = object.chunks(chunk);
    let (mut records, mut lost, mut memory) = (vec![], vec![], vec![]);
    let (mut input, mut last): (&[u8], _) = (&[], false);
    let end = loop {
        let step = decoding.step(&mut input, last, &mut block);
        if !matches!(step, Ok(Step::NeedInput | Step::NeedMemory(_) | Step::Yield)) {
            let record = |i| (block.index(i), block.offset(i), block.record(i).to_vec());
            records.extend((0..block.len()).map(record));
            lost.extend(block.faults().iter().map(|fault| fault.offset));
            assert!(block.faults().iter().all(|fault| fault.kind == FaultKind::RecordTooLarge));
            block.clear();
        }
        match step {
            Ok(Step::NeedInput) => {
                input = chunks.next().unwrap_or_default();
                last = input.is_empty();
            }
            Ok(Step::NeedMemory(bytes)) => memory.push(bytes),
            Ok(Step::Yield | Step::BlockFull) => {}
            Ok(Step::End) => break Ok(()),
            Ok(step) => panic!("{step:?} is not known here"),
            Err(error) => break Err(error),
        }
    };
    (records, lost, memory, end)
}

#[test]
fn records_of_a_decoder_from_outside_are_the_same_however_they_come() {
    for block in [1, 3, 7, 1000] {
        for chunk in 1..10 {
            let limits = DecodeLimits::default();
            let (records, _, _, end) = decode(&Fixed(3), limits, b"onetwosix", chunk, block);
            let expected =
                [(0, 0, b"one".to_vec()), (1, 3, b"two".to_vec()), (2, 6, b"six".to_vec())];
            assert_eq!((records, end), (expected.to_vec(), Ok(())), "{chunk} {block}");
        }
    }
}

#[test]
fn a_row_above_the_limit_is_lost_and_takes_its_place() {
    let mut limits = DecodeLimits::default();
    limits.max_record_bytes = 2;
    let (records, lost, _, end) = decode(&Fixed(3), limits, b"onetwosix", 4, 100);
    assert_eq!((records, lost, end), (vec![], vec![0, 3, 6], Ok(())));
}

#[test]
fn what_is_damaged_fails_in_the_words_of_the_decoder() {
    let (records, .., end) = decode(&Fixed(3), DecodeLimits::default(), b"onetw", 2, 100);
    let error = end.unwrap_err();
    assert_eq!((records.len(), error.kind()), (1, DecodeErrorKind::Decoded));
    assert_eq!(error.to_string(), "a row is cut short, at decoded byte 3");
}

#[test]
fn a_codec_from_outside_asks_for_memory_and_goes_on_when_it_has_it() {
    let text = b"one\nfour\nsixteen\n";
    for chunk in [1, 2, 5, 100] {
        let decoder = lines().through(|| Box::new(Hex::default()));
        let limits = DecodeLimits::default();
        let (records, _, memory, end) = decode(&decoder, limits, &hex(text), chunk, 64);
        let texts: Vec<_> = records.into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(texts, [&b"one"[..], b"four", b"sixteen"]);
        assert_eq!((memory, end), (vec![1 << 16], Ok(())));
    }
}

#[test]
fn memory_above_the_limit_is_refused_with_the_setting_to_raise() {
    let decoder = json().through(|| Box::new(Hex::default()));
    let mut limits = DecodeLimits::default();
    limits.max_memory = 1000;
    let (.., memory, end) = decode(&decoder, limits, &hex(b"{}"), 2, 64);
    let error = end.unwrap_err();
    assert_eq!((memory, error.kind()), (vec![], DecodeErrorKind::Memory));
    assert!(error.to_string().contains("limits.buffered_bytes"), "{error}");
}

#[test]
fn a_codec_from_outside_is_held_to_the_limits_and_says_what_is_damaged() {
    let decoder = lines().through(|| Box::new(Hex::default()));
    let mut damaged = hex(b"one\nfour\n");
    damaged[9] = b'x';
    let (records, .., end) = decode(&decoder, DecodeLimits::default(), &damaged, 3, 64);
    assert_eq!(records.len(), 1);
    assert_eq!(end.unwrap_err().to_string(), "no digit, at stored byte 9");

    let mut limits = DecodeLimits::default();
    limits.max_object_bytes = 5;
    let (records, .., end) = decode(&decoder, limits, &hex(b"one\nfour\n"), 3, 64);
    assert_eq!((records.len(), end.unwrap_err().kind()), (1, DecodeErrorKind::ObjectTooLarge));
}

#[test]
fn codecs_and_limits_are_no_part_of_the_identity() {
    let through = lines().through(|| Box::new(Hex::default()));
    assert_eq!((through.identity(), lines().identity()), ("lines".into(), "lines".into()));
    assert_eq!(format!("{:?}", json()), "BuiltIn(\"json\")");
}

/// Without the mark on them this is no program: all there are today are named.
#[test]
#[deny(unreachable_patterns)]
fn steps_and_reads_may_become_more() {
    let step = match Step::End {
        Step::NeedInput | Step::NeedMemory(_) | Step::BlockFull | Step::Yield => "other",
        Step::End => "end",
        _ => "new",
    };
    let read = match Read::End {
        Read::Bytes(_) | Read::NeedInput | Read::NeedMemory(_) => "other",
        Read::End => "end",
        _ => "new",
    };
    assert_eq!((step, read), ("end", "end"));
}

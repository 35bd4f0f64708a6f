//! What codecs owe their driver: one that does not keep to it fails its object, and loses nothing
//! without a word.

use super::{AMPLE, Arrival, decode_as};
use crate::{
    Block, BuiltIn, Codec, DecodeError, DecodeErrorKind, Decoding, ObjectInfo, Read, Step, lines,
};

/// Passes on one frame: a byte that says how long it is, and so many bytes. Ends behind it, as
/// what is made around a decompressor for one frame would.
#[derive(Default)]
struct OneFrame {
    left: Option<usize>,
    consumed: u64,
}

impl Codec for OneFrame {
    fn read(&mut self, input: &mut &[u8], _: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if self.left == Some(0) {
            return Ok(Read::End);
        }
        let Some((&first, rest)) = input.split_first() else { return Ok(Read::NeedInput) };
        let Some(left) = &mut self.left else {
            (*input, self.left) = (rest, Some(first.into()));
            self.consumed += 1;
            return Ok(Read::Bytes(0));
        };
        let (now, later) = input.split_at(input.len().min(out.len()).min(*left));
        out[..now.len()].copy_from_slice(now);
        (*input, *left) = (later, *left - now.len());
        self.consumed += now.len() as u64;
        Ok(Read::Bytes(now.len()))
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

#[test]
fn trap_20_a_codec_that_ends_before_its_object_fails_it() {
    let decoder = lines().through(|| Box::new(OneFrame::default()));
    let (one, two) = (&b"\x04one\n"[..], &b"\x04one\n\x04two\n"[..]);
    for size in 1..12 {
        for end_known in [false, true] {
            let arrival = Arrival { chunks: vec![size], end_known, block: 64 };
            let outcome = decode_as(&decoder, AMPLE, two, &arrival);
            assert_eq!(outcome.texts(), ["one"]);
            assert_eq!(outcome.end, Err((DecodeErrorKind::Stored, 5)), "{arrival:?}");
        }
    }
    // All that came is not all there is: only the last bytes end an object.
    let known = |end_known| Arrival { end_known, ..Arrival::at_once() };
    assert_eq!(decode_as(&decoder, AMPLE, one, &known(true)).end, Ok(()));
    let early = decode_as(&decoder, AMPLE, one, &known(false)).end;
    assert_eq!(early, Err((DecodeErrorKind::Stored, 5)));

    let mut decoding = Decoding::new(&decoder, &ObjectInfo::new("", ""), AMPLE);
    let step = decoding.step(&mut &two[..], true, &mut Block::with_capacity(64));
    assert_eq!(
        step.expect_err("half of it would be lost").to_string(),
        "the codec ended before the object did, at stored byte 5"
    );
}

/// Says that it wrote one byte more than it could.
struct Liar;

impl Codec for Liar {
    fn read(&mut self, input: &mut &[u8], _: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if input.is_empty() {
            return Ok(Read::NeedInput);
        }
        *input = &[];
        Ok(Read::Bytes(out.len() + 1))
    }

    fn consumed(&self) -> u64 {
        1
    }
}

/// The rest would be bytes of another object.
#[test]
#[should_panic(expected = "more bytes were written than were lent")]
fn a_codec_that_says_more_than_it_was_lent_panics() {
    let mut block = Block::with_capacity(1 << 20);
    let begin = |decoder: &BuiltIn| Decoding::new(decoder, &ObjectInfo::new("", ""), AMPLE);
    let other = b"another's\n".repeat(50_000);
    assert_eq!(begin(&lines()).step(&mut &other[..], true, &mut block), Ok(Step::End));
    block.clear();
    let lying = lines().through(|| Box::new(Liar));
    let _step = begin(&lying).step(&mut &b"a"[..], false, &mut block);
}

//! What decoders and their drivers owe each other: a decoder that does not keep to it fails its
//! object, and corrupts nothing.

use super::AMPLE;
use crate::{
    Block, BlockWriter, Decode, DecodeError, DecodeErrorKind, DecodeLimits, Decoder, Decoding,
    FaultKind, Input, ObjectInfo, Step,
};
use std::borrow::Cow;

/// What a block may have beyond the largest record.
const SPACE: usize = 64 * 1024;

/// Does the same at every step.
#[derive(Clone, Copy)]
struct Always<F>(F);

impl<F> Decoder for Always<F>
where
    F: Fn(Input<'_, '_>, &mut BlockWriter<'_>) -> Result<Step, DecodeError>,
    F: Copy + Send + Sync + 'static,
{
    fn identity(&self) -> Cow<'static, str> {
        "always".into()
    }

    fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        Box::new(*self)
    }
}

impl<F> Decode for Always<F>
where
    F: Fn(Input<'_, '_>, &mut BlockWriter<'_>) -> Result<Step, DecodeError> + Send,
{
    fn step(
        &mut self,
        input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        (self.0)(input, block)
    }
}

/// The end of an object of `input`, and the steps until then.
fn ends<F>(step: F, limits: DecodeLimits, mut input: &[u8]) -> (Result<(), DecodeError>, usize)
where
    F: Fn(Input<'_, '_>, &mut BlockWriter<'_>) -> Result<Step, DecodeError>,
    F: Copy + Send + Sync + 'static,
{
    let mut decoding = Decoding::new(&Always(step), &ObjectInfo::new("", ""), limits);
    let mut block = Block::with_capacity(64);
    for steps in 1..1_000_000 {
        match decoding.step(&mut input, true, &mut block) {
            Ok(Step::End) => return (Ok(()), steps),
            Ok(Step::BlockFull) => block.clear(),
            Ok(_) => {}
            Err(error) => {
                let again = decoding.step(&mut input, true, &mut block);
                assert_eq!(again, Err(error.clone()), "an error is final");
                return (Err(error), steps);
            }
        }
    }
    panic!("it never ends");
}

fn kind(end: (Result<(), DecodeError>, usize)) -> DecodeErrorKind {
    end.0.expect_err("it cannot be decoded").kind()
}

/// What writing to a block of eight bytes gives, with a limit of six on records.
fn written<T>(write: impl FnOnce(&mut BlockWriter<'_>) -> T) -> (Block, T) {
    let mut block = Block::with_capacity(8);
    block.begin(100, 7);
    let given = write(&mut BlockWriter::new(&mut block, 6, 8));
    (block, given)
}

#[test]
fn a_decoder_that_goes_nowhere_fails_its_object() {
    let stuck = DecodeErrorKind::Stuck;
    assert_eq!(kind(ends(|_, _| Ok(Step::BlockFull), AMPLE, b"a")), stuck);
    assert_eq!(kind(ends(|_, _| Ok(Step::NeedInput), AMPLE, b"a")), stuck);
    assert_eq!(kind(ends(|_, _| Ok(Step::NeedInput), AMPLE, b"")), stuck);
    for step in [Step::Yield, Step::NeedMemory(1)] {
        let (end, steps) = ends(move |_, _| Ok(step), AMPLE, b"a");
        assert_eq!(end.expect_err("it is stuck").kind(), stuck);
        assert!(steps < 2_000, "{steps} steps");
    }
    // One lost record after the other, out of nothing.
    let lose = |_: Input<'_, '_>, block: &mut BlockWriter<'_>| {
        assert!(block.fault(0, FaultKind::RecordTooLarge));
        Ok(Step::BlockFull)
    };
    assert_eq!(kind(ends(lose, AMPLE, b"a")), stuck);
}

#[test]
fn a_decoder_that_writes_for_ever_is_stopped_at_the_limit_on_objects() {
    let limits = DecodeLimits { max_object_bytes: 1000, ..AMPLE };
    let write = |_: Input<'_, '_>, block: &mut BlockWriter<'_>| {
        Ok(if block.copy(b"row") { Step::Yield } else { Step::BlockFull })
    };
    let end = ends(write, limits, b"a").0.expect_err("it never ends");
    assert_eq!((end.kind(), end.offset()), (DecodeErrorKind::ObjectTooLarge, 1000));
}

#[test]
fn more_memory_than_there_may_be_fails_the_object() {
    let ask = |_: Input<'_, '_>, _: &mut BlockWriter<'_>| Ok(Step::NeedMemory(1001));
    let limits = DecodeLimits { max_memory: 1000, ..AMPLE };
    let error = ends(ask, limits, b"a").0.expect_err("it is refused");
    assert_eq!(
        error.to_string(),
        "object takes too much memory to decode (1001 wanted, limit 1000), at decoded byte 0; \
         raise limits.buffered_bytes to read it"
    );
}

#[test]
fn an_object_may_end_before_its_bytes_do() {
    assert_eq!(ends(|_, _| Ok(Step::End), AMPLE, b"rest"), (Ok(()), 1));
}

#[test]
fn decoded_bytes_are_counted_once_and_never_fall() {
    // Writes three bytes, and takes two of them back at the end of a block.
    let write = |_: Input<'_, '_>, block: &mut BlockWriter<'_>| {
        let from = block.filled().len();
        block.write(b"abc");
        assert!(block.record(from..from + 1));
        block.truncate(from + 1);
        Ok(Step::BlockFull)
    };
    let mut decoding = Decoding::new(&Always(write), &ObjectInfo::new("", ""), AMPLE);
    let mut block = Block::with_capacity(64);
    for number in 0..5 {
        let step = decoding.step(&mut &b"a"[..], true, &mut block);
        assert_eq!((step, decoding.decoded_bytes()), (Ok(Step::BlockFull), number + 1));
        assert_eq!((block.index(0), block.offset(0), block.record(0)), (number, number, &b"a"[..]));
        block.clear();
    }
}

#[test]
fn spans_and_rows_have_their_index_and_offset() {
    let (block, ()) = written(|block| {
        block.spare(3).copy_from_slice(b"-ab");
        block.advance(3);
        assert!(block.record(1..3));
        assert!(block.copy(b"cd"));
        assert!(!block.copy(b"larger"), "it does not fit");
        assert_eq!((block.position(), block.space()), (105, 3));
    });
    let records: Vec<_> =
        (0..block.len()).map(|i| (block.index(i), block.offset(i), block.record(i))).collect();
    assert_eq!(records, [(7, 101, &b"ab"[..]), (8, 103, b"cd")]);
}

#[test]
fn a_row_makes_an_empty_block_grow_up_to_the_limit_on_records() {
    let (block, ()) = written(|block| {
        block.write(b"unfinished"[..5].as_ref());
        assert!(block.copy(b"123456"));
    });
    assert_eq!((block.record(0), block.offset(0), block.capacity()), (&b"123456"[..], 105, 11));
}

#[test]
fn a_fault_is_the_last_of_its_block() {
    let (block, ()) = written(|block| {
        assert!(block.copy(b"a") && block.copy(b"1234567"));
        assert_eq!(block.position(), 108, "a row that is lost is part of the stream");
        block.write(b"b");
        assert!(!block.copy(b"c") && !block.record(1..2));
        assert!(!block.fault(1, FaultKind::RecordTooLarge));
        block.truncate(1);
    });
    let fault = block.faults()[0];
    assert_eq!((block.len(), fault.index, fault.offset, block.end()), (1, 8, 101, 108));
    let (block, taken) = written(|block| {
        block.write(b"1234567");
        block.record(0..7)
    });
    assert_eq!((taken, block.len(), block.faults()[0].offset), (true, 0, 100));
}

#[test]
fn bytes_that_are_no_record_are_nothing_to_hand_on() {
    written(|block| {
        block.write(b"ab");
        assert!(!block.has_records());
        assert!(block.record(0..1) && block.has_records());
    });
    written(|block| assert!(block.fault(0, FaultKind::RecordTooLarge) && block.has_records()));
}

#[test]
fn an_unfinished_record_makes_an_empty_block_grow_and_no_other() {
    let (block, ()) = written(|block| {
        block.write(b"12345678");
        assert!(block.make_space() && block.space() == 8);
        assert!(block.record(0..2));
        block.write(b"12345678");
        assert!(!block.make_space());
    });
    assert_eq!(block.capacity(), 16);
}

#[test]
#[should_panic(expected = "more bytes were written than were lent")]
fn advancing_too_far_panics() {
    written(|block| {
        assert_eq!(block.spare(3).len(), 3);
        block.advance(4);
    });
}

#[test]
fn what_was_lent_is_written_once() {
    written(|block| {
        assert_eq!(block.spare(3).len(), 3);
        block.advance(1);
        block.advance(2);
        assert_eq!((block.filled().len(), block.spare(9).len()), (3, 5));
    });
    let nothing_is_lent: [fn(&mut BlockWriter<'_>); 6] = [
        |block| assert_eq!(block.filled().len(), 1),
        |block| assert_eq!(block.spare(0).len(), 0),
        |block| block.write(b""),
        |block| block.truncate(1),
        |block| block.discard(0),
        |block| assert!(block.make_space()),
    ];
    for (at, ends_the_loan) in nothing_is_lent.into_iter().enumerate() {
        let advanced = std::panic::catch_unwind(|| {
            written(|block| {
                // But for the first: that one was used up.
                assert_eq!(block.spare(1 + at).len(), 1 + at);
                block.advance(1);
                ends_the_loan(block);
                block.advance(1);
            })
        });
        let panicked = advanced.expect_err("nothing is lent");
        let text = panicked.downcast_ref::<&str>();
        assert_eq!(text, Some(&"more bytes were written than were lent"), "number {at}");
    }
}

#[test]
#[should_panic(expected = "more than the limits allow")]
fn writing_more_than_a_record_and_some_space_panics() {
    written(|block| {
        block.write(&[b'a'; 6 + SPACE]);
        block.write(b"a");
    });
}

/// Rows are no way around it.
#[test]
#[should_panic(expected = "more than the limits allow")]
fn a_row_behind_more_than_some_space_panics() {
    let _ = written(|block| {
        block.write(&[b'a'; 1 + SPACE]);
        block.copy(b"123456")
    });
}

#[test]
#[should_panic(expected = "not written")]
fn a_record_of_bytes_that_were_not_written_panics() {
    let _ = written(|block| block.record(0..1));
}

#[test]
#[should_panic(expected = "has no bytes")]
fn a_record_of_no_bytes_panics() {
    let _ = written(|block| block.record(0..0));
}

#[test]
#[should_panic(expected = "has no bytes")]
fn a_row_of_no_bytes_panics() {
    let _ = written(|block| block.copy(b""));
}

#[test]
#[should_panic(expected = "overlaps")]
fn a_record_that_overlaps_the_one_before_panics() {
    let _ = written(|block| {
        block.write(b"abc");
        block.record(0..2) && block.record(1..3)
    });
}

#[test]
#[should_panic(expected = "taken back")]
fn taking_back_a_record_panics() {
    written(|block| {
        assert!(block.copy(b"abc"));
        block.truncate(2);
    });
}

#[test]
#[should_panic(expected = "dropped")]
fn dropping_a_record_panics() {
    written(|block| {
        assert!(block.copy(b"abc"));
        block.discard(1);
    });
}

//! Blocks: bounded in memory, steps bounded in time, misuse noticed.

use super::{AMPLE, packed};
use crate::{Block, DecodeLimits, Decoder, Decoding, ObjectInfo, Step, json, lines};

fn begin(decoder: &dyn Decoder, limits: DecodeLimits) -> Decoding {
    Decoding::new(decoder, &ObjectInfo::new("", ""), limits)
}

/// Runs to the end and gives the largest capacity, records and steps.
fn run(
    decoder: &dyn Decoder,
    limits: DecodeLimits,
    object: &[u8],
    block: &mut Block,
) -> (usize, usize, usize) {
    let mut decoding = begin(decoder, limits);
    let (mut input, mut records, mut steps, mut largest) = (object, 0, 0, 0);
    loop {
        let step = decoding.step(&mut input, true, block).expect("the object is valid");
        steps += 1;
        largest = largest.max(block.capacity());
        match step {
            Step::NeedInput => panic!("there is no more"),
            Step::Yield | Step::NeedMemory(_) => {}
            Step::BlockFull => {
                records += block.len();
                block.clear();
            }
            Step::End => return (largest, records + block.len(), steps),
        }
    }
}

#[test]
fn trap_28_memory_is_bounded_whatever_a_record_has() {
    let limits = DecodeLimits { max_record_bytes: 100_000, ..AMPLE };
    let line = [vec![b'x'; 8 << 20], b"\nlast".to_vec()].concat();
    let value = [b"[".to_vec(), vec![b' '; 8 << 20], b"]{}".to_vec()].concat();
    let spaces = [vec![b' '; 8 << 20], b"{}".to_vec()].concat();
    for (decoder, data) in [(lines(), line), (json(), value), (json(), spaces)] {
        let mut block = Block::with_capacity(64 << 10);
        let (largest, records, steps) = run(&decoder, limits, &packed(&data, true), &mut block);
        assert_eq!(records, 1);
        assert!(largest <= 100_000 + (64 << 10), "{largest} bytes");
        assert!(steps >= 8, "a step decodes about 1 MiB at most, these {steps} had more");
    }
}

#[test]
fn a_block_grows_for_a_record_that_does_not_fit() {
    let line = [b"a\n".to_vec(), vec![b'x'; 300_000], b"\nlast\n".to_vec()].concat();
    let mut block = Block::with_capacity(64 << 10);
    let (largest, records, _) = run(&lines(), AMPLE, &line, &mut block);
    assert_eq!(records, 3);
    assert!((300_000..1 << 20).contains(&largest));
    let mut small = Block::with_capacity(64 << 10);
    let (unchanged, ..) = run(&lines(), AMPLE, b"a\nb\n", &mut small);
    assert_eq!(unchanged, 64 << 10);
}

#[cfg(feature = "gzip")]
#[test]
fn empty_members_end_a_step_too() {
    let object = super::member(b"").repeat(10_000);
    let (_, records, steps) = run(&json(), AMPLE, &object, &mut Block::with_capacity(1024));
    assert_eq!(records, 0);
    assert!(steps > 4, "{steps} steps");
}

#[test]
fn a_block_is_reused() {
    let mut block = Block::with_capacity(1024);
    for _ in 0..2 {
        let (_, records, _) = run(&lines(), AMPLE, b"a\nb\n", &mut block);
        assert_eq!(
            (records, block.index(1), block.offset(1), block.record(1)),
            (2, 1, 2, &b"b"[..])
        );
        block.clear();
        assert!(block.is_empty() && block.faults().is_empty());
    }
}

/// A lost record ends the block early, and all that was unpacked behind it goes to the next one.
#[test]
fn what_a_large_block_leaves_fits_into_a_small_one() {
    let object = [&b"123456\n"[..], &b"1234\n".repeat(100_000)].concat();
    let mut decoding = begin(&lines(), DecodeLimits { max_record_bytes: 5, ..AMPLE });
    let mut input = &object[..];
    let mut large = Block::with_capacity(1 << 20);
    assert_eq!(decoding.step(&mut input, true, &mut large), Ok(Step::BlockFull));
    assert_eq!((large.len(), large.faults().len()), (0, 1));
    let (mut small, mut records) = (Block::with_capacity(8), 0);
    loop {
        let step = decoding.step(&mut input, true, &mut small).expect("the object is valid");
        assert!(small.capacity() <= large.capacity(), "{} bytes", small.capacity());
        records += small.len();
        match step {
            Step::BlockFull => small = Block::with_capacity(8),
            Step::End => break,
            _ => records -= small.len(),
        }
    }
    assert_eq!(records, 100_000);
}

#[test]
#[should_panic(expected = "not handed on")]
fn a_full_block_that_was_not_cleared_is_refused() {
    let mut decoding = begin(&lines(), AMPLE);
    let mut block = Block::with_capacity(4);
    let text = "a\n".repeat(1_000);
    let mut input = text.as_bytes();
    assert_eq!(decoding.step(&mut input, true, &mut block), Ok(Step::BlockFull));
    let _step = decoding.step(&mut input, true, &mut block);
}

#[test]
#[should_panic(expected = "not the block of the last step")]
fn another_block_in_the_middle_of_a_record_is_refused() {
    let mut decoding = begin(&lines(), AMPLE);
    assert_eq!(
        decoding.step(&mut &b"abc"[..], false, &mut Block::with_capacity(64)),
        Ok(Step::NeedInput)
    );
    let _step = decoding.step(&mut &b"d\n"[..], true, &mut Block::with_capacity(64));
}

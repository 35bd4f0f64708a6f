use super::{mark::Mark, *};
use crate::decode::{Block, DecodeLimits, Decoding, ObjectInfo, Step, lines};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

fn identity() -> Identity {
    Identity {
        queue: "123456789012/orders".into(),
        message_id: "m1".into(),
        bucket: "data".into(),
        key: "2026/a \u{1F600}".into(),
        version_id: None,
        etag: "9b2c".into(),
        decoder: "json".into(),
    }
}

fn set(ranges: &[std::ops::Range<u64>]) -> Set {
    let mut set = Set::default();
    ranges.iter().for_each(|range| set.add(range.clone()));
    set
}

/// The lines of a text.
fn block(text: &[u8]) -> Block {
    let mut block = Block::with_capacity(64);
    let object = ObjectInfo::new("b", "k");
    let mut decoding = Decoding::new(&lines(), &object, DecodeLimits::default());
    let step = decoding.step(&mut &text[..], false, &mut block);
    let ended = step.and_then(|_| decoding.step(&mut &[][..], true, &mut block));
    assert_eq!(ended.expect("it can be read"), Step::End);
    assert!(!block.is_empty());
    block
}

/// A mark after so many bytes, and the records of so many lines.
fn mark(bytes: &[u8], lines: &[Block]) -> Mark {
    let mut fingerprint = Fingerprint::new(Vec::new());
    fingerprint.read(bytes);
    lines.iter().for_each(|block| fingerprint.found(block));
    fingerprint.mark()
}

fn saved() -> Saved {
    let done = BTreeMap::from([
        ("audit".to_owned(), set(&[0..70_000, 70_001..70_005])),
        ("index".to_owned(), set(&[3..4, 9..12])),
    ]);
    let marks = vec![mark(b"some bytes", &[block(b"a\nbc\n")])];
    Saved { identity: identity(), marks, done }
}

#[test]
fn trap_89_a_saved_set_with_a_flipped_bit_or_cut_off_is_none() {
    let bytes = saved().to_bytes();
    assert_eq!(Saved::from_bytes(&bytes).as_ref(), Ok(&saved()));
    for at in 0..bytes.len() {
        assert!(Saved::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(Saved::from_bytes(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
    let mut longer = bytes;
    longer.push(b' ');
    assert!(Saved::from_bytes(&longer).is_err());
}

#[test]
fn trap_89_what_is_of_another_message_object_version_or_decoder_has_another_name() {
    let others = [
        Identity { queue: "123456789012/others".into(), ..identity() },
        Identity { message_id: "m2".into(), ..identity() },
        Identity { bucket: "dat".into(), key: "a2026/a \u{1F600}".into(), ..identity() },
        Identity { version_id: Some(String::new()), ..identity() },
        Identity { etag: "9b2d".into(), ..identity() },
        Identity { decoder: "json:Records".into(), ..identity() },
    ];
    let names: Arc<[String]> = Arc::from(["audit".to_owned()]);
    for other in others {
        assert_ne!(other.name(), identity().name(), "{other:?}");
        // Even if it came under the same name.
        let progress = Progress::new(other, Arc::clone(&names));
        assert!(!progress.add(&saved()));
        assert_eq!(progress.before(), None);
    }
    assert!(Progress::new(identity(), names).add(&saved()));
    assert_eq!(identity().name().len(), 32);
}

#[test]
fn a_processor_has_what_was_saved_under_its_name_and_the_others_are_kept() {
    let names: Arc<[String]> = ["new", "index"].map(str::to_owned).into();
    let progress = Progress::new(identity(), names);
    assert!(progress.add(&saved()));
    let (done, marks) = progress.before().expect("something is done");
    assert_eq!(done, [Set::default(), saved().done["index"].clone()]);
    assert_eq!(marks, saved().marks);
    let flags = Arc::new(Flags::new(0, 1, false));
    flags.begun(1);
    let number = progress.began(0, flags);
    progress.ended(number);
    progress.all_saved();
    assert!(progress.snapshot().is_none(), "nothing is new");
    let flags = Arc::new(Flags::new(1, 1, false));
    flags.begun(1);
    progress.began(0, flags);
    let snapshot = progress.snapshot().expect("what is worked on counts as well");
    let again = Saved::from_bytes(&snapshot.bytes).expect("it can be read");
    assert_eq!(again.done["audit"], saved().done["audit"]);
    assert_eq!(again.done["new"], set(&[0..1, 1..2]));
}

#[test]
fn what_is_held_back_is_not_done_before_it_is() {
    let done = |flags: &Flags| {
        let mut set = Set::default();
        flags.add_to(&mut set);
        set
    };
    let flags = Flags::new(1_000, 200, false);
    assert!(done(&flags).is_empty());
    [0, 63, 64, 64].into_iter().for_each(|record| flags.hold_back(record));
    flags.begun(100);
    assert_eq!(done(&flags), set(&[1_001..1_063, 1_065..1_100]));
    // Begun, and not told yet.
    flags.hold_back(150);
    [63, 63, 70].into_iter().for_each(|record| flags.done(record));
    assert_eq!(done(&flags), set(&[1_001..1_064, 1_065..1_100]));
    flags.begun(200);
    assert_eq!(done(&flags), set(&[1_001..1_064, 1_065..1_150, 1_151..1_200]));
    let flags = Flags::new(0, 70, true);
    assert!(done(&flags).is_empty());
    flags.done(69);
    assert_eq!(done(&flags), set(&[69..69, 69..70]));
}

#[test]
fn trap_89_an_object_is_the_same_only_if_all_marks_are_reached_and_right() {
    let (bytes, blocks) = (b"0123456789".as_slice(), [block(b"a\nbc\nd\n")]);
    let marks = || vec![mark(&bytes[..7], &[]), mark(&bytes[..3], &blocks)];
    let read = |bytes: &[u8], blocks: &[Block]| {
        let mut fingerprint = Fingerprint::new(marks());
        fingerprint.read(bytes);
        blocks.iter().for_each(|block| fingerprint.found(block));
        fingerprint
    };
    let mut same = read(bytes, &blocks);
    assert!(!same.is_other() && same.is_the_same());
    assert_eq!((same.confirmed(), same.confirmed()), (marks(), Vec::new()));
    let mut shorter = read(&bytes[..6], &blocks);
    assert!(!shorter.is_other() && !shorter.is_the_same(), "one was not reached");
    assert_eq!(shorter.confirmed(), marks()[1..]);
    let blocks_missing = [block(b"a\nbc\n")];
    assert!(!read(bytes, &blocks_missing).is_the_same(), "a record was not found");
    for (at, is_other) in [(0, true), (2, true), (6, true), (7, false)] {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1;
        assert_eq!(read(&flipped, &blocks).is_other(), is_other, "byte {at}");
    }
    for lines in [b"a\nbc\ndd\n".as_slice(), b"ab\nc\nd\n", b"abc\nd\n\n\n\n"] {
        assert!(!read(bytes, &[block(lines)]).is_the_same(), "other records");
    }
}

#[test]
fn beyond_the_first_records_that_are_remembered_all_are_done_again() {
    let last = u64::from(u32::MAX);
    let set = set(&[last - 1..last + 5, last + 10..last + 20]);
    assert_eq!(set.len(), 2);
    assert_eq!(set.missing(&(last - 2..last + 3)), [last - 2..last - 1, last + 1..last + 3]);
    assert_eq!(set.missing(&(last + 1..last + 3)), vec![last + 1..last + 3]);
}

proptest! {
    #[test]
    fn what_is_missing_and_what_is_there_are_all(
        ranges in proptest::collection::vec((0u64..300, 0u64..40), 0..12),
        from in 0u64..300,
        length in 1u64..200,
    ) {
        let ranges: Vec<_> = ranges.iter().map(|(start, len)| *start..start + len).collect();
        let (set, all) = (set(&ranges), from..from + length);
        let missing = set.missing(&all);
        for index in all.clone() {
            let is_there = ranges.iter().any(|range| range.contains(&index));
            let is_missing = missing.iter().any(|range| range.contains(&index));
            prop_assert!(is_there != is_missing, "{}", index);
        }
        prop_assert!(missing.windows(2).all(|two| two[0].end < two[1].start));
        let is_within = |run: &std::ops::Range<u64>| all.start <= run.start && run.end <= all.end;
        prop_assert!(missing.iter().all(|run| !run.is_empty() && is_within(run)));
    }

    #[test]
    fn a_mark_does_not_depend_on_how_the_object_arrives(
        bytes in proptest::collection::vec(any::<u8>(), 1..200),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        at in any::<proptest::sample::Index>(),
    ) {
        let expected = mark(&bytes[..at.index(bytes.len())], &[]);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut fingerprint = Fingerprint::new(vec![expected]);
        cuts.windows(2).for_each(|cut| fingerprint.read(&bytes[cut[0]..cut[1]]));
        prop_assert!(fingerprint.is_the_same());
        prop_assert_eq!(fingerprint.mark(), mark(&bytes, &[]));
    }
}

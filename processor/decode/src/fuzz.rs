//! Any bytes, in any pieces: decoding gives what the [`model`] gives.

#[cfg(all(
    feature = "csv",
    feature = "cloudwatch-logs",
    feature = "firehose-errors",
    feature = "snappy",
    feature = "zstd"
))]
pub mod formats;
pub mod seeds;

use crate::{
    DecodeErrorKind, DecodeLimits, foreign,
    frame::{
        Rest,
        json::model::{levels, scan},
    },
    json, lines,
    model::{self, AMPLE, Arrival, Outcome, decode_as},
    whole,
};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The front of the input, a byte at a time; what is left are the bytes to decode.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }
}

/// The JSON scanner on every instruction set of this machine, scanned up to cuts that the first
/// bytes choose.
///
/// # Panics
/// If one of them finds other values than the reference, another error, or one elsewhere.
pub fn scanner(input: &[u8]) {
    let mut choices = Choices(input);
    let choice = choices.next();
    let mut cuts: Vec<_> = (0..choice % 8).map(|_| choices.next() << 8 | choices.next()).collect();
    // Within a value bytes are looked at in groups; the brackets of a deep one fill a word; and a
    // run of backslashes may cross the border of groups, which bytes that are changed one by one
    // hardly ever make.
    let front = match choice / 8 % 4 {
        0 => String::new(),
        1 => "[".to_owned(),
        2 => "{[".repeat(31),
        _ => ["[\"", &"a".repeat(choices.next()), &"\\".repeat(choices.next())].concat(),
    };
    let text = [front.as_bytes(), choices.0].concat();
    // To know what is no text is not the scanner's part.
    if foreign::known(&text).is_some() {
        return;
    }
    cuts.iter_mut().for_each(|cut| *cut %= text.len() + 1);
    cuts.sort_unstable();
    let expected = model::json(&text, usize::MAX);
    let values = |outcome: &Outcome| -> Vec<_> {
        let span = |start: u64, len: usize| (start as u32, start as u32 + len as u32);
        outcome.records.iter().map(|found| span(found.offset, found.bytes.len())).collect()
    };
    for level in levels() {
        let (mut spans, end) = scan(level, &text, &cuts);
        let end = match end {
            Ok((_, Rest::Nothing | Rest::Unframed(..))) => Ok(()),
            Ok((open, Rest::Stray(_))) => Err((DecodeErrorKind::StrayByte, open as u64)),
            Ok((open, Rest::Partial)) => Err((DecodeErrorKind::PartialRecord, open as u64)),
            Ok((open, Rest::Record)) => {
                spans.push((open as u32, text.len() as u32));
                Ok(())
            }
            Err(unframed) => Err((unframed.kind, unframed.at as u64)),
        };
        assert_eq!((spans, end), (values(&expected), expected.end), "{level:?}, cut at {cuts:?}");
    }
}

/// A whole decoder: the first bytes choose framing, compression, limits, and how the object
/// arrives.
///
/// # Panics
/// If the outcome is not that of the reference, or depends on how the object arrives.
pub fn decoder(input: &[u8]) {
    let mut choices = Choices(input);
    let choice = choices.next();
    let (decoder, reference): (_, fn(&[u8], usize) -> Outcome) = match choice % 3 {
        0 => (json(), model::json),
        1 => (lines(), model::lines),
        _ => (whole(), model::whole),
    };
    // Without gzip only what claims to be it is left.
    let packing = if cfg!(feature = "gzip") { choice / 3 % 4 } else { choice / 3 % 2 * 3 };
    let max_record_bytes = [AMPLE.max_record_bytes, choices.next()][choice / 12 % 2];
    let max_object_bytes = [1 << 16, choices.next() as u64 * 4][choice / 24 % 2];
    let limits = DecodeLimits { max_record_bytes, max_object_bytes, ..AMPLE };
    let block = [1 + choices.next(), 64 * 1024][choice / 48 % 2];
    let pieces = choices.next();
    // Only empty chunks would never get anywhere.
    let chunks =
        (0..pieces % 4).map(|_| choices.next()).chain([[3, usize::MAX][pieces / 8 % 2]]).collect();
    let arrival = Arrival { chunks, end_known: pieces / 4 % 2 == 1, block };
    let data = choices.0;
    let object = match packing {
        0 => data.to_vec(),
        1 => member(data),
        2 => [member(&data[..data.len() / 2]), member(&data[data.len() / 2..])].concat(),
        // As if it were gzip: mostly it is not.
        _ => [&MAGIC[..], &[8], data].concat(),
    };
    let outcome = decode_as(&decoder, limits, &object, &arrival);
    // What it unpacks to is looked at as well.
    if object.starts_with(&MAGIC) && !(1..=2).contains(&packing) || is_packed(data) {
        return check_arrivals(
            &outcome,
            &decode_as(&decoder, limits, &object, &Arrival::at_once()),
        );
    }
    let expected = reference(data, max_record_bytes);
    if data.len() as u64 <= max_object_bytes {
        assert_eq!(outcome, expected);
    } else {
        assert!(
            expected.records.starts_with(&outcome.records),
            "{outcome:?}, not the beginning of {expected:?}"
        );
        assert!(
            expected.faults.starts_with(&outcome.faults),
            "{outcome:?}, not the beginning of {expected:?}"
        );
        let too_large = Err((DecodeErrorKind::ObjectTooLarge, max_object_bytes));
        assert!(
            outcome.end == too_large || outcome.end == expected.end && outcome.end.is_err(),
            "{:?}",
            outcome.end
        );
    }
}

/// Damaged or not is no matter of how it arrives, and neither are the records; how many come before
/// the damage is.
fn check_arrivals(one: &Outcome, other: &Outcome) {
    assert_eq!(one.end.is_ok(), other.end.is_ok(), "{one:?} and {other:?}");
    let both = one.records.iter().zip(&other.records);
    both.for_each(|(one, other)| assert_eq!(one, other));
    if one.end.is_ok() {
        assert_eq!(one, other);
    }
}

/// Whether a codec is tried on it.
fn is_packed(data: &[u8]) -> bool {
    let zstd = data.starts_with(b"\x28\xb5\x2f\xfd")
        || data.first().is_some_and(|first| first & 0xf0 == 0x50)
            && data[1..].starts_with(b"\x2a\x4d\x18");
    let utf16 = data.starts_with(b"\xff\xfe") || data.starts_with(b"\xfe\xff");
    data.starts_with(&MAGIC) || zstd || utf16
}

fn member(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).and_then(|()| encoder.finish()).expect("a vector takes all")
}

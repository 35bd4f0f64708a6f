//! A sequence of JSON values, cut at their ends.
//!
//! Only what decides where a value ends is looked at: strings, escapes and brackets. That is done
//! for 64 bytes at a time ([`masks`]), [`ahead`] of what is then made of them ([`walk`]), in about
//! a quarter of the time that skipping with a parser takes. Between values, and for the rare
//! top-level strings and scalars, bytes are looked at one by one.
//!
//! Whenever a value has ended the scanner is as new, so a scan may be stopped there and resumed
//! from any copy of the bytes that follow.

mod ahead;
mod list;
mod masks;
#[cfg(any(test, fuzzing))]
pub(super) mod model;
mod nesting;
mod walk;

use fearless_simd::{Level, Simd, dispatch};

use self::ahead::Ahead;
use self::list::List;
use self::masks::Carry;
use self::nesting::{Nesting, Outer};
use self::walk::Walk;
use super::error::{DecodeErrorKind, Detail};
use super::framer::{Refused, Rest, Scan, Sink, Unframed};

/// The scanner's state between two slices.
#[derive(Debug)]
pub(super) struct Json {
    level: Level,
    mode: Mode,
    nesting: Nesting,
    outer: Outer,
    carry: Carry,
    ahead: Ahead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Between values.
    Between,
    /// In an object or array.
    Nested,
    /// In a string at the top level.
    Text { escaped: bool },
    /// In a number or literal at the top level.
    Scalar,
}

/// Why a scanning function returns before the bytes are used up.
enum Stop {
    /// Behind a value that the sink refused.
    Refused(usize),
    /// Bytes that are no JSON.
    Unframed(DecodeErrorKind, Detail),
}

/// Where a scan is.
struct Cursor {
    /// The next byte to look at; on an error, the offending one.
    at: usize,
    /// Where the current value begins.
    open: usize,
}

impl Json {
    pub(super) fn new() -> Self {
        Self::with_level(Level::new())
    }

    /// With a given instruction set; tests and benchmarks compare them.
    pub(super) fn with_level(level: Level) -> Self {
        Self {
            level,
            mode: Mode::Between,
            nesting: Nesting::default(),
            outer: Outer::default(),
            carry: Carry::default(),
            ahead: Ahead::new(),
        }
    }

    /// As [`Framer::scan`](super::framer::Framer::scan).
    pub(super) fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        let mut cursor = Cursor { at: from, open };
        let level = self.level;
        let stopped = dispatch!(level, simd => self.run(simd, bytes, &mut cursor, sink));
        match stopped {
            Ok(()) if self.mode == Mode::Between => {
                Ok(Scan { upto: cursor.at, open: cursor.at, refused: None })
            }
            Ok(()) => Ok(Scan { upto: cursor.at, open: cursor.open, refused: None }),
            Err(Stop::Refused(start)) => {
                self.reset();
                Ok(Scan { upto: cursor.at, open: cursor.at, refused: Some(start) })
            }
            Err(Stop::Unframed(kind, detail)) => {
                Err(Unframed { kind, at: cursor.at, open: cursor.open, detail })
            }
        }
    }

    pub(super) fn finish(&self) -> Rest {
        match self.mode {
            Mode::Between => Rest::Nothing,
            Mode::Scalar => Rest::Record,
            Mode::Nested | Mode::Text { .. } => Rest::Partial,
        }
    }

    fn reset(&mut self) {
        self.mode = Mode::Between;
        self.nesting = Nesting::default();
        self.carry = Carry::default();
    }

    /// Generic over the instruction set, so that everything inlined here is compiled for it.
    #[inline(always)]
    fn run<S: Simd>(
        &mut self,
        simd: S,
        bytes: &[u8],
        cursor: &mut Cursor,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        while cursor.at < bytes.len() {
            match self.mode {
                Mode::Between => self.mode = between(bytes, cursor)?,
                Mode::Nested => self.nested(simd, bytes, cursor, sink)?,
                Mode::Text { escaped } => self.mode = text(bytes, cursor, escaped, sink)?,
                Mode::Scalar => self.mode = scalar(bytes, cursor, sink)?,
            }
        }
        Ok(())
    }

    /// Scans an object or array, and those that follow it with nothing but white space between.
    #[inline(always)]
    fn nested<S: Simd>(
        &mut self,
        simd: S,
        bytes: &[u8],
        cursor: &mut Cursor,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        self.ahead.restart();
        let mut from = cursor.at;
        while from < bytes.len() {
            let Self { ahead, carry, nesting, outer, .. } = self;
            let (masks, list, len) = ahead.look(simd, &bytes[from..], carry);
            let upto = from + len;
            let mut walk = Walk { bytes, from, upto, nesting: *nesting, outer, cursor, sink };
            let more = if List::is_kept(simd) { walk.list(simd, list) } else { walk.masks(masks) }?;
            *nesting = walk.nesting;
            if !more {
                self.reset();
                return Ok(());
            }
            from = upto;
        }
        cursor.at = from;
        Ok(())
    }
}

#[cold]
fn fail<T>(
    cursor: &mut Cursor,
    at: usize,
    kind: DecodeErrorKind,
    detail: Detail,
) -> Result<T, Stop> {
    cursor.at = at;
    Err(Stop::Unframed(kind, detail))
}

#[inline(always)]
fn skip_white_space(bytes: &[u8], cursor: &mut Cursor) {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(cursor.at) {
        cursor.at += 1;
    }
}

fn between(bytes: &[u8], cursor: &mut Cursor) -> Result<Mode, Stop> {
    skip_white_space(bytes, cursor);
    let at = cursor.at;
    cursor.open = at;
    match bytes.get(at) {
        None => Ok(Mode::Between),
        Some(b'{' | b'[') => Ok(Mode::Nested),
        Some(b'"') => {
            cursor.at += 1;
            Ok(Mode::Text { escaped: false })
        }
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Ok(Mode::Scalar),
        Some(&byte) => fail(cursor, at, DecodeErrorKind::StrayByte, Detail::Byte(byte)),
    }
}

fn text(
    bytes: &[u8],
    cursor: &mut Cursor,
    mut escaped: bool,
    sink: &mut Sink<'_>,
) -> Result<Mode, Stop> {
    while let Some(byte) = bytes.get(cursor.at) {
        cursor.at += 1;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return taken(cursor, sink),
            _ => {}
        }
    }
    Ok(Mode::Text { escaped })
}

fn scalar(bytes: &[u8], cursor: &mut Cursor, sink: &mut Sink<'_>) -> Result<Mode, Stop> {
    while let Some(&byte) = bytes.get(cursor.at) {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.' => cursor.at += 1,
            b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'[' | b'"' => return taken(cursor, sink),
            _ => return fail(cursor, cursor.at, DecodeErrorKind::StrayByte, Detail::Byte(byte)),
        }
    }
    Ok(Mode::Scalar)
}

/// Ends a value before the next byte.
fn taken(cursor: &mut Cursor, sink: &mut Sink<'_>) -> Result<Mode, Stop> {
    sink.take(cursor.open, cursor.at).map_err(|Refused| Stop::Refused(cursor.open))?;
    cursor.open = cursor.at;
    Ok(Mode::Between)
}

#[cfg(test)]
mod tests;

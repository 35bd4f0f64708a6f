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
mod cursor;
mod list;
mod masks;
mod mode;
#[cfg(any(test, feature = "__private"))]
pub(crate) mod model;
mod nesting;
mod stop;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use walk::{ALONE, COMMA};

use self::{
    ahead::Ahead,
    cursor::Cursor,
    list::List,
    masks::Carry,
    mode::{Mode, between, scalar, text},
    nesting::{Nesting, Outer},
    stop::Stop,
    walk::{ADJACENT, Next, Walk},
};
use super::{Framer, Rest, Scan, Sink, Unframed};
use crate::built_in::BuiltIn;
use fearless_simd::{Level, Simd, dispatch};

/// A sequence of JSON values, in any arrangement: nothing between them, white space, newlines, each
/// over many lines. Byte order marks between values are skipped: files may have been concatenated.
///
/// Objects, arrays and strings end by themselves. A number or literal ends at white space, at the
/// next object, array or string, or at the end of the input; `12` is therefore one record even if a
/// producer wrote `1` and then `2`.
///
/// Checked are strings, the nesting of brackets (kinds included, at most 1,024 levels) and that
/// nothing else stands between values. What is inside a value is otherwise not looked at: `{"a":}`
/// is a record, and whoever parses it finds that it is not JSON.
pub fn json() -> BuiltIn {
    BuiltIn::framed("json", Json::default)
}

/// The scanner's state between two slices.
#[derive(Debug)]
pub(crate) struct Json {
    level: Level,
    mode: Mode,
    nesting: Nesting,
    outer: Outer,
    carry: Carry,
    ahead: Ahead,
}

impl Default for Json {
    fn default() -> Self {
        Self::with_level(Level::new())
    }
}

impl Framer for Json {
    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        let mut cursor = Cursor { at: from, open };
        let level = self.level;
        let stopped = dispatch!(level, simd => self.run(simd, bytes, &mut cursor, sink));
        self.came_to(&cursor, stopped)
    }

    /// The beginning of a byte order mark.
    fn slack(&self) -> usize {
        if self.mode == Mode::Between { 2 } else { 0 }
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        let rest = match self.mode {
            // A byte order mark cut short.
            Mode::Between => open.first().map_or(Rest::Nothing, |byte| Rest::Stray(*byte)),
            Mode::Scalar => Rest::Record,
            Mode::Nested | Mode::Text { .. } => Rest::Partial,
        };
        (rest, open)
    }
}

impl Json {
    /// With a given instruction set; tests and benchmarks compare them.
    pub(crate) fn with_level(level: Level) -> Self {
        Self {
            level,
            mode: Mode::Between,
            nesting: Nesting::default(),
            outer: Outer::default(),
            carry: Carry::default(),
            ahead: Ahead::new(),
        }
    }

    /// As [`scan`](Framer::scan), but no further than one value, and the objects and arrays behind
    /// it that have `NEXT` between.
    pub(crate) fn value<const NEXT: Next>(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        let mut cursor = Cursor { at: from, open };
        let level = self.level;
        let stopped =
            dispatch!(level, simd => self.run_value::<_, NEXT>(simd, bytes, &mut cursor, sink));
        self.came_to(&cursor, stopped.map(drop))
    }

    /// Whether every value that was begun has ended.
    pub(crate) fn is_between(&self) -> bool {
        self.mode == Mode::Between
    }

    fn came_to(&mut self, cursor: &Cursor, stopped: Result<(), Stop>) -> Result<Scan, Unframed> {
        let &Cursor { at: upto, open } = cursor;
        let refused = match stopped {
            Ok(()) => None,
            Err(Stop::Refused(start)) => {
                self.reset();
                Some(start)
            }
            Err(Stop::Unframed(kind, detail)) => {
                return Err(Unframed { kind, at: upto, open, detail });
            }
        };
        Ok(Scan { upto, open: if self.is_between() { upto } else { open }, refused })
    }

    /// False: there is none, only white space and perhaps a part of a byte order mark.
    #[inline(always)]
    fn run_value<S: Simd, const NEXT: Next>(
        &mut self,
        simd: S,
        bytes: &[u8],
        cursor: &mut Cursor,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Stop> {
        if self.is_between() {
            self.mode = between(bytes, cursor)?;
        }
        match self.mode {
            Mode::Between => return Ok(false),
            Mode::Nested => self.nested::<S, NEXT>(simd, bytes, cursor, sink)?,
            Mode::Text { escaped } => self.mode = text(bytes, cursor, escaped, sink)?,
            Mode::Scalar => self.mode = scalar(bytes, cursor, sink)?,
        }
        Ok(true)
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
        while cursor.at < bytes.len() && self.run_value::<S, ADJACENT>(simd, bytes, cursor, sink)? {
        }
        Ok(())
    }

    /// Scans an object or array, and those that follow it with `NEXT` between.
    #[inline(always)]
    fn nested<S: Simd, const NEXT: Next>(
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
            let mut walk: Walk<'_, '_, NEXT> =
                Walk { bytes, from, upto, nesting: *nesting, outer, cursor, sink };
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

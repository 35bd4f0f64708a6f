//! JSON or lines, by what the object begins with.

use super::{
    BYTE_ORDER_MARK, Framer, Rest, Scan, Sink, Unframed,
    json::Json,
    lines::{Lines, blank_lines},
};
use crate::built_in::BuiltIn;

/// By content: an object whose first letter is `{` or `[` is read as by [`json()`](crate::json),
/// any other as by [`lines()`](crate::lines).
///
/// For queues with a mix. Blank lines and byte order marks in front say nothing. What turns out to
/// be no JSON further on fails its object, and is not read as lines from there: a guess must not
/// change on the way. A queue whose files have names that tell them apart is better served by
/// routes.
pub fn auto() -> BuiltIn {
    BuiltIn::framed("auto", Auto::default)
}

/// What the object is, once its first letter is there.
#[derive(Debug, Default)]
pub(crate) enum Auto {
    #[default]
    Unknown,
    Json(Box<Json>),
    Lines(Lines),
}

impl Framer for Auto {
    fn slack(&self) -> usize {
        match self {
            // Half a mark.
            Self::Unknown => 2,
            Self::Json(json) => json.slack(),
            Self::Lines(lines) => lines.slack(),
        }
    }

    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        match self {
            Self::Unknown => {}
            Self::Json(json) => return json.scan(bytes, from, open, sink),
            Self::Lines(lines) => return lines.scan(bytes, from, open, sink),
        }
        let mut open = open;
        loop {
            open += blank_lines(&bytes[open..]);
            if !bytes[open..].starts_with(BYTE_ORDER_MARK) {
                break;
            }
            open += BYTE_ORDER_MARK.len();
        }
        match first_letter(&bytes[open..]) {
            None => return Ok(Scan { upto: bytes.len(), open, refused: None }),
            Some(b'{' | b'[') => *self = Self::Json(Box::default()),
            Some(_) => *self = Self::Lines(Lines),
        }
        self.scan(bytes, open, open, sink)
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        match self {
            Self::Unknown => Lines.finish(open),
            Self::Json(json) => json.finish(open),
            Self::Lines(lines) => lines.finish(open),
        }
    }
}

/// The first byte that says something; `None` if there is none yet.
fn first_letter(mut bytes: &[u8]) -> Option<u8> {
    loop {
        bytes = bytes.trim_ascii_start();
        match bytes.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => bytes = rest,
            None if BYTE_ORDER_MARK.starts_with(bytes) => return None,
            None => return bytes.first().copied(),
        }
    }
}

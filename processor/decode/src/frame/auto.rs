//! JSON or lines, by what the object begins with.

use super::{
    BYTE_ORDER_MARK, Framer, Rest, Scan, Sink, Unframed,
    json::Json,
    lines::{Lines, is_blank, without_cr},
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
    BuiltIn::framed("auto", || Auto::Unknown(0))
}

/// What the object is, once its first letter is there.
#[derive(Debug)]
pub(crate) enum Auto {
    /// So many bytes from the open line's first on say nothing.
    Unknown(usize),
    Json(Box<Json>),
    Lines(Lines),
}

impl Framer for Auto {
    fn slack(&self) -> usize {
        match self {
            // Half a mark.
            Self::Unknown(_) => 2,
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
        let seen = match self {
            Self::Unknown(seen) => *seen,
            Self::Json(json) => return json.scan(bytes, from, open, sink),
            Self::Lines(lines) => return lines.scan(bytes, from, open, sink),
        };
        let (mut at, mut open) = (open + seen, open);
        loop {
            let rest = &bytes[at..];
            at += match rest.first() {
                Some(b' ' | b'\t' | b'\r') => 1,
                Some(b'\n') => {
                    if is_blank(without_cr(&bytes[open..at])) {
                        open = at + 1;
                    }
                    1
                }
                Some(_) if rest.starts_with(BYTE_ORDER_MARK) => {
                    if open == at {
                        open += BYTE_ORDER_MARK.len();
                    }
                    BYTE_ORDER_MARK.len()
                }
                Some(b'{' | b'[') => break *self = Self::Json(Box::default()),
                Some(_) if !BYTE_ORDER_MARK.starts_with(rest) => break *self = Self::Lines(Lines),
                Some(_) | None => {
                    *self = Self::Unknown(at - open);
                    return Ok(Scan { upto: bytes.len(), open, refused: None });
                }
            };
        }
        self.scan(bytes, open, open, sink)
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        match self {
            Self::Unknown(_) => Lines.finish(open),
            Self::Json(json) => json.finish(open),
            Self::Lines(lines) => lines.finish(open),
        }
    }
}

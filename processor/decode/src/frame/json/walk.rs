//! The way through brackets: what they nest, and where values end.

use super::{
    cursor::Cursor,
    list::List,
    masks::WIDTH,
    nesting::{MAX_DEPTH, Nesting, Outer, Unfit, is_opening},
    stop::Stop,
};
use crate::{
    error::{DecodeErrorKind, Detail},
    frame::Sink,
};
use fearless_simd::Simd;

/// What stands between a value and the next, if both are looked at together.
pub(crate) type Next = u8;
/// Nothing: values one behind the other.
pub(crate) const ADJACENT: Next = 0;
/// A comma: elements of a list.
pub(crate) const COMMA: Next = 1;
/// No value is looked at together with the next.
pub(crate) const ALONE: Next = 2;

/// A way through the brackets of `bytes[from..upto]`, in an object or array.
///
/// What comes next is known when it is compiled: it is asked at the end of each value.
pub(super) struct Walk<'a, 'b, const NEXT: Next> {
    pub(super) bytes: &'a [u8],
    pub(super) from: usize,
    pub(super) upto: usize,
    /// A copy, kept in registers; memory behind a reference is not.
    pub(super) nesting: Nesting,
    pub(super) outer: &'a mut Outer,
    pub(super) cursor: &'a mut Cursor,
    pub(super) sink: &'a mut Sink<'b>,
}

impl<const NEXT: Next> Walk<'_, '_, NEXT> {
    /// Goes through a list. False: a value has ended, and what follows is not known to be an object
    /// or array.
    #[inline(always)]
    pub(super) fn list<S: Simd>(&mut self, simd: S, list: &List) -> Result<bool, Stop> {
        let mut rest = list.codes();
        loop {
            rest = &rest[self.nesting.pass(rest)..];
            let Some((_, behind)) = rest.split_first() else { return Ok(true) };
            let at = self.from + list.place(simd, list.codes().len() - rest.len());
            if !self.bracket(at)? {
                return Ok(false);
            }
            rest = behind;
        }
    }

    /// As [`list`](Self::list), for a mask for each 64 bytes.
    #[inline(always)]
    pub(super) fn masks(&mut self, masks: &[u64]) -> Result<bool, Stop> {
        for (group, &mask) in masks.iter().enumerate() {
            let (from, mut mask) = (self.from + group * WIDTH, mask);
            while mask != 0 {
                let at = from + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if !self.bracket(at)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// As [`list`](Self::list), for one bracket.
    #[inline(always)]
    fn bracket(&mut self, at: usize) -> Result<bool, Stop> {
        let byte = self.bytes[at];
        if is_opening(byte) {
            return match self.nesting.open(byte, self.outer) {
                Ok(()) => Ok(true),
                Err(Unfit) => {
                    let limit = Detail::Limit(MAX_DEPTH as u64);
                    self.cursor.fail(at, DecodeErrorKind::TooDeep, limit)
                }
            };
        }
        if self.nesting.close(byte, self.outer).is_err() {
            return self.cursor.fail(at, DecodeErrorKind::MismatchedBracket, Detail::Byte(byte));
        }
        if !self.nesting.is_empty() {
            return Ok(true);
        }
        self.cursor.at = at + 1;
        self.cursor.take(self.sink)?;
        self.cursor.skip_white_space(self.bytes);
        self.cursor.open = self.cursor.at;
        Ok(match NEXT {
            ADJACENT => self.is_looked_at(self.cursor.at),
            COMMA => self.pass_comma(),
            _ => false,
        })
    }

    /// Goes on behind a comma where an object or array follows, or stays where it is.
    #[inline(always)]
    fn pass_comma(&mut self) -> bool {
        if self.bytes.get(self.cursor.at) != Some(&b',') {
            return false;
        }
        let mut behind = Cursor { at: self.cursor.at + 1, open: 0 };
        behind.skip_white_space(self.bytes);
        if !self.is_looked_at(behind.at) {
            return false;
        }
        *self.cursor = Cursor { at: behind.at, open: behind.at };
        true
    }

    /// What was found holds for the value that begins here as well if it is an object or array:
    /// outside of values there are no strings.
    #[inline(always)]
    fn is_looked_at(&self, at: usize) -> bool {
        matches!(self.bytes[..self.upto].get(at), Some(b'{' | b'['))
    }
}

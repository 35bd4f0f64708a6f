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

/// A way through the brackets of `bytes[from..upto]`, in an object or array.
pub(super) struct Walk<'a, 'b> {
    pub(super) bytes: &'a [u8],
    pub(super) from: usize,
    pub(super) upto: usize,
    /// A copy, kept in registers; memory behind a reference is not.
    pub(super) nesting: Nesting,
    pub(super) outer: &'a mut Outer,
    pub(super) cursor: &'a mut Cursor,
    pub(super) sink: &'a mut Sink<'b>,
}

impl Walk<'_, '_> {
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
        // What was found holds for the next value as well if it is an object or array: outside of
        // values there are no strings.
        let next = self.bytes[..self.upto].get(self.cursor.at);
        Ok(matches!(next, Some(b'{' | b'[')))
    }
}

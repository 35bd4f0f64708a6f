//! Where a scan is.

use super::stop::Stop;
use crate::{
    error::{DecodeErrorKind, Detail},
    frame::{Refused, Sink},
};

/// Where a scan is.
pub(super) struct Cursor {
    /// The next byte to look at; on an error, the offending one.
    pub(super) at: usize,
    /// Where the current value begins.
    pub(super) open: usize,
}

impl Cursor {
    /// The value ends before the next byte.
    #[inline(always)]
    pub(super) fn take(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        sink.take(self.open, self.at).map_err(|Refused| Stop::Refused(self.open))
    }

    #[inline(always)]
    pub(super) fn skip_white_space(&mut self, bytes: &[u8]) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The byte at `at` is no part of a value.
    #[cold]
    pub(super) fn fail<T>(
        &mut self,
        at: usize,
        kind: DecodeErrorKind,
        detail: Detail,
    ) -> Result<T, Stop> {
        self.at = at;
        Err(Stop::Unframed(kind, detail))
    }
}

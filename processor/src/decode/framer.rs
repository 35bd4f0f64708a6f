//! Finds where records end, in whatever pieces the bytes come.

use super::error::{DecodeErrorKind, Detail};
use super::framing::Framing;
use super::json::Json;
use super::lines;

/// The framing of one object; keeps what must be known across slices.
#[derive(Debug)]
pub(super) enum Framer {
    Json(Box<Json>),
    Lines,
    Whole,
}

/// Takes record spans; says when one is too large.
pub(super) struct Sink<'a> {
    pub(super) spans: &'a mut Vec<(u32, u32)>,
    /// Longest record to take.
    pub(super) max: usize,
    /// Set while the rest of a record that was too large is passed over: its end stops the scan.
    pub(super) skipping: bool,
}

/// The scan must stop behind a record that was not taken.
pub(super) struct Refused;

impl Sink<'_> {
    #[inline(always)]
    pub(super) fn take(&mut self, start: usize, end: usize) -> Result<(), Refused> {
        if self.skipping || end - start > self.max {
            return Err(Refused);
        }
        // Blocks are limited to 1 GiB, so offsets in them fit.
        self.spans.push((start as u32, end as u32));
        Ok(())
    }
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Everything before this offset has been looked at.
    pub(super) upto: usize,
    /// Where the unfinished record begins; `upto` where there is none.
    pub(super) open: usize,
    /// Start of the record that ended just before `upto` and was refused by the sink.
    pub(super) refused: Option<usize>,
}

/// Bytes that are no records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unframed {
    pub(super) kind: DecodeErrorKind,
    /// Offset of the offending byte, in the slice that was scanned.
    pub(super) at: usize,
    /// Where the record begins that it is in.
    pub(super) open: usize,
    pub(super) detail: Detail,
}

/// What the bytes after the last record end are, when no more follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// White space or nothing.
    Nothing,
    /// A record that ends with the input.
    Record,
    /// A record cut short.
    Partial,
}

impl Framer {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Json => Self::Json(Box::new(Json::new())),
            Framing::Lines => Self::Lines,
            Framing::Whole => Self::Whole,
        }
    }

    /// Whether a byte order mark at the start is no part of the first record.
    pub(super) fn strips_bom(&self) -> bool {
        !matches!(self, Self::Whole)
    }

    /// Bytes an unfinished record may have beyond the limit because they may turn out not to belong
    /// to it.
    pub(super) fn slack(&self) -> usize {
        // A line's last `\r`.
        usize::from(matches!(self, Self::Lines))
    }

    /// Looks at `bytes[from..]`; `open` is where the unfinished record begins. Stops early only
    /// behind a record that the sink refused.
    pub(super) fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        match self {
            Self::Json(json) => json.scan(bytes, from, open, sink),
            Self::Lines => Ok(lines::scan(bytes, from, open, sink)),
            Self::Whole => Ok(Scan { upto: bytes.len(), open, refused: None }),
        }
    }

    /// Judges the unfinished bytes at the end of the input, less what is no part of the record.
    pub(super) fn finish<'a>(&self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        match self {
            Self::Json(json) => (json.finish(), open),
            Self::Lines => record_unless_empty(lines::without_cr(open)),
            Self::Whole => record_unless_empty(open),
        }
    }
}

fn record_unless_empty(bytes: &[u8]) -> (Rest, &[u8]) {
    (if bytes.is_empty() { Rest::Nothing } else { Rest::Record }, bytes)
}

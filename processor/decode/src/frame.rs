//! Decoded bytes to spans: finds where records end, in whatever pieces the bytes come.

pub(crate) mod auto;
pub(crate) mod csv;
pub(crate) mod elements;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod whole;

use crate::error::{DecodeErrorKind, Detail};

/// The framing of one object; keeps what must be known across slices.
pub(crate) trait Framer: Send + 'static {
    /// Whether records are text: what is known to be something else fails the object.
    const TEXT: bool = true;

    /// Whether there is something behind a record that is too large. If not, the object fails.
    const GOES_ON: bool = true;

    /// Bytes an unfinished record may have beyond the limit because they may turn out not to belong
    /// to it.
    fn slack(&self) -> usize {
        0
    }

    /// Looks at `bytes[from..]`; `open` is where the unfinished record begins. Stops early only
    /// behind a record that the sink refused.
    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed>;

    /// Judges the unfinished bytes at the end of the input, less what is no part of the record.
    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]);
}

/// Written in front of some files, and so at each join of concatenated ones: never part of a record
/// of text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes record spans; says when one is too large.
pub(crate) struct Sink<'a> {
    pub(crate) spans: &'a mut Vec<(u32, u32)>,
    /// Longest record to take.
    pub(crate) max: usize,
    /// Set while the rest of a record that was too large is passed over: its end stops the scan.
    pub(crate) skipping: bool,
}

/// The scan must stop behind a record that was not taken.
pub(crate) struct Refused;

impl Sink<'_> {
    #[inline(always)]
    pub(crate) fn take(&mut self, start: usize, end: usize) -> Result<(), Refused> {
        if self.skipping || end - start > self.max {
            return Err(Refused);
        }
        // Blocks are limited to little more than 1 GiB, so offsets in them fit.
        self.spans.push((start as u32, end as u32));
        Ok(())
    }
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Everything before this offset has been looked at.
    pub(crate) upto: usize,
    /// Where the unfinished record begins; `upto` where there is none.
    pub(crate) open: usize,
    /// Start of the record that ended just before `upto` and was refused by the sink.
    pub(crate) refused: Option<usize>,
}

/// Bytes that are no records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unframed {
    pub(crate) kind: DecodeErrorKind,
    /// Offset of the offending byte, in the slice that was scanned.
    pub(crate) at: usize,
    /// Where the record begins that it is in.
    pub(crate) open: usize,
    pub(crate) detail: Detail,
}

/// What the bytes after the last record end are, when no more follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// White space or nothing.
    Nothing,
    /// A record that ends with the input.
    Record,
    /// A record cut short.
    Partial,
    /// No record, and nothing that may stand between records: it begins with this byte.
    Stray(u8),
    /// A record that may not stand here.
    Unframed(DecodeErrorKind, Detail),
}

impl Rest {
    /// For records that end with the input.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::Nothing } else { Self::Record }
    }
}

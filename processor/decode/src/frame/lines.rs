//! Records separated by line ends.

use super::{BYTE_ORDER_MARK, Framer, Rest, Scan, Sink, Unframed};
use crate::built_in::BuiltIn;
use memchr::memchr_iter;

/// One record per line, ended by `\n` or `\r\n` or the end of the input.
///
/// Line ends are not part of the record, nor are byte order marks at the start of a line: files may
/// have been concatenated. Blank lines, of spaces and tabs at the most, are no records. Bytes are
/// not interpreted: invalid UTF-8 is passed on as it is.
pub fn lines() -> BuiltIn {
    BuiltIn::framed("lines", || Lines)
}

/// Has nothing to remember: a line ends at the next `\n`.
#[derive(Debug)]
pub(crate) struct Lines;

impl Framer for Lines {
    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        mut open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        for newline in memchr_iter(b'\n', &bytes[from..]) {
            let end = from + newline;
            let line = &bytes[open..end];
            open = end - without_marks(line).len();
            let line = without_cr(&bytes[open..end]);
            // The rest of a line that is passed over may be empty, and ends all the same; a line
            // that is too large is that whatever is in it.
            let passed = is_blank(line) && line.len() <= sink.max && !sink.skipping;
            if !passed && sink.take(open, open + line.len()).is_err() {
                return Ok(Scan { upto: end + 1, open: end + 1, refused: Some(open) });
            }
            open = end + 1;
        }
        if !sink.skipping {
            open = bytes.len() - without_marks(&bytes[open..]).len();
        }
        Ok(Scan { upto: bytes.len(), open, refused: None })
    }

    /// A line's last `\r`, or the beginning of a byte order mark.
    fn slack(&self) -> usize {
        2
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        let line = without_cr(open);
        (if is_blank(line) { Rest::Nothing } else { Rest::Record }, line)
    }
}

/// A line without the byte order marks before it.
#[inline]
fn without_marks(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(BYTE_ORDER_MARK) {
        line = rest;
    }
    line
}

#[inline]
pub(super) fn is_blank(line: &[u8]) -> bool {
    matches!(line.first(), None | Some(b' ' | b'\t')) && all_blank(line)
}

#[cold]
fn all_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// A line without the `\r` before its `\n`; only one is taken off.
pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

//! Records separated by line ends.

use super::{Framer, Rest, Scan, Sink, Unframed};
use crate::built_in::BuiltIn;
use memchr::memchr_iter;

/// One record per line, ended by `\n` or `\r\n` or the end of the input.
///
/// Line ends are not part of the record and blank lines are no records. A byte order mark at the
/// start is skipped. Bytes are not interpreted: invalid UTF-8 is passed on as it is.
pub fn lines() -> BuiltIn {
    BuiltIn::of::<Lines>()
}

/// Has nothing to remember: a line ends at the next `\n`.
#[derive(Debug, Default)]
pub(crate) struct Lines;

impl Framer for Lines {
    const IDENTITY: &'static str = "lines";
    /// A line's last `\r`.
    const SLACK: usize = 1;

    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        mut open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        for newline in memchr_iter(b'\n', &bytes[from..]) {
            let end = from + newline;
            let line = without_cr(&bytes[open..end]);
            // The rest of a line that is passed over may be empty, and ends all the same.
            if (!line.is_empty() || sink.skipping) && sink.take(open, open + line.len()).is_err() {
                return Ok(Scan { upto: end + 1, open: end + 1, refused: Some(open) });
            }
            open = end + 1;
        }
        Ok(Scan { upto: bytes.len(), open, refused: None })
    }

    fn finish<'a>(&self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        let line = without_cr(open);
        (Rest::of(line), line)
    }
}

/// A line without the `\r` before its `\n`; only one is taken off.
fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

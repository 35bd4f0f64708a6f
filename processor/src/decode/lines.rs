//! Records separated by line ends.

use memchr::memchr_iter;

use super::framer::{Scan, Sink};

/// Looks for line ends in `bytes[from..]`; `open` is where the current line begins.
pub(super) fn scan(bytes: &[u8], from: usize, open: usize, sink: &mut Sink<'_>) -> Scan {
    let mut open = open;
    for newline in memchr_iter(b'\n', &bytes[from..]) {
        let end = from + newline;
        let line = without_cr(&bytes[open..end]);
        // The rest of a line that is passed over may be empty, and ends all the same.
        if (!line.is_empty() || sink.skipping) && sink.take(open, open + line.len()).is_err() {
            return Scan { upto: end + 1, open: end + 1, refused: Some(open) };
        }
        open = end + 1;
    }
    Scan { upto: bytes.len(), open, refused: None }
}

/// A line without the `\r` before its `\n`; only one is taken off.
pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

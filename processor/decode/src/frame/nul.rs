//! Records separated by NUL bytes.

use super::{Framer, Rest, Scan, Sink, Unframed};
use crate::built_in::BuiltIn;
use memchr::memchr_iter;

/// One record up to each NUL byte. Empty ones are no records.
pub fn nul() -> BuiltIn {
    BuiltIn::of::<Nul>()
}

/// Has nothing to remember.
#[derive(Debug, Default)]
pub(crate) struct Nul;

impl Framer for Nul {
    const IDENTITY: &'static str = "nul";

    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        mut open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        for nul in memchr_iter(0, &bytes[from..]) {
            let end = from + nul;
            if (end > open || sink.skipping) && sink.take(open, end).is_err() {
                return Ok(Scan { upto: end + 1, open: end + 1, refused: Some(open) });
            }
            open = end + 1;
        }
        Ok(Scan { upto: bytes.len(), open, refused: None })
    }

    fn finish<'a>(&self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        (Rest::of(open), open)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::decode;

    #[test]
    fn records_end_at_nul_bytes() {
        assert_eq!(decode(&super::nul(), b"a\0\0bc\0d").texts(), ["a", "bc", "d"]);
    }
}

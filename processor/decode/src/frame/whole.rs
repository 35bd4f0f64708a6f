//! The whole object as one record.

use super::{Framer, Rest, Scan, Sink, Unframed};

/// Has nothing to remember: only the end of the input ends the record.
#[derive(Debug, Default)]
pub(crate) struct Whole;

impl Framer for Whole {
    const STRIPS_BOM: bool = false;
    const GOES_ON: bool = false;

    fn scan(
        &mut self,
        bytes: &[u8],
        _from: usize,
        open: usize,
        _sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        Ok(Scan { upto: bytes.len(), open, refused: None })
    }

    fn finish<'a>(&self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        (Rest::of(open), open)
    }
}

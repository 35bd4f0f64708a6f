//! The whole object as one record.

use super::{Framer, Rest, Scan, Sink, Unframed};
use crate::built_in::BuiltIn;

/// The whole object is one record, byte for byte. An empty object has no records.
///
/// An object above the limit on records fails.
pub fn whole() -> BuiltIn {
    BuiltIn::framed("whole", || Whole)
}

/// Has nothing to remember: only the end of the input ends the record.
#[derive(Debug)]
pub(crate) struct Whole;

impl Framer for Whole {
    const TEXT: bool = false;
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

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        (Rest::of(open), open)
    }
}

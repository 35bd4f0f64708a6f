//! The decoders that are always there.

use crate::{
    decoder::{Decode, Decoder, ObjectInfo},
    frame::{Framer, json::Json, lines::Lines, whole::Whole},
    framed::Framed,
    limits::DecodeLimits,
    unpack::{Codec, stream::Unpack},
};
use std::{borrow::Cow, fmt, sync::Arc};

/// A sequence of JSON values, in any arrangement: nothing between them, white space, newlines, each
/// over many lines. A byte order mark at the start is skipped.
///
/// Objects, arrays and strings end by themselves. A number or literal ends at white space, at the
/// next object, array or string, or at the end of the input; `12` is therefore one record even if a
/// producer wrote `1` and then `2`.
///
/// Checked are strings, the nesting of brackets (kinds included, at most 1,024 levels) and that
/// nothing else stands between values. What is inside a value is otherwise not looked at: `{"a":}`
/// is a record, and whoever parses it finds that it is not JSON.
pub fn json() -> BuiltIn {
    BuiltIn::new::<Json>("json")
}

/// One record per line, ended by `\n` or `\r\n` or the end of the input.
///
/// Line ends are not part of the record and blank lines are no records. A byte order mark at the
/// start is skipped. Bytes are not interpreted: invalid UTF-8 is passed on as it is.
pub fn lines() -> BuiltIn {
    BuiltIn::new::<Lines>("lines")
}

/// The whole object is one record, byte for byte. An empty object has no records.
///
/// An object above the limit on records fails.
pub fn whole() -> BuiltIn {
    BuiltIn::new::<Whole>("whole")
}

/// A decoder of this crate: [`json()`], [`lines()`] or [`whole()`].
///
/// Compression needs no setting: it is recognized by the first bytes of the object, whatever its
/// name or headers say.
#[derive(Clone)]
pub struct BuiltIn {
    identity: &'static str,
    begin: fn(Unpack, &DecodeLimits) -> Box<dyn Decode>,
    codec: Option<Arc<dyn Fn() -> Box<dyn Codec> + Send + Sync>>,
}

impl BuiltIn {
    fn new<F: Framer>(identity: &'static str) -> Self {
        let begin = |unpack, limits: &DecodeLimits| -> Box<dyn Decode> {
            Box::new(Framed::<F>::new(unpack, *limits))
        };
        Self { identity, begin, codec: None }
    }

    /// Every object is unpacked by a codec that `make` gives for it, instead of by what its first
    /// bytes say.
    #[must_use]
    pub fn through(mut self, make: impl Fn() -> Box<dyn Codec> + Send + Sync + 'static) -> Self {
        self.codec = Some(Arc::new(make));
        self
    }
}

impl Decoder for BuiltIn {
    fn identity(&self) -> Cow<'static, str> {
        self.identity.into()
    }

    fn begin(&self, _object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        let unpack = match &self.codec {
            Some(make) => Unpack::through(make()),
            None => Unpack::detect(),
        };
        (self.begin)(unpack, limits)
    }
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BuiltIn").field(&self.identity).finish()
    }
}

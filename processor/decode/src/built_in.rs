//! What the decoders of this crate are made of.

use crate::{
    decoder::{Decode, Decoder, ObjectInfo},
    frame::Framer,
    framed::Framed,
    limits::DecodeLimits,
    unpack::{Codec, stream::Unpack},
};
use std::{borrow::Cow, fmt, sync::Arc};

/// A decoder of this crate: [`json()`](crate::json), [`lines()`](crate::lines) or
/// [`whole()`](crate::whole).
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
    pub(crate) fn of<F: Framer>() -> Self {
        let begin = |unpack, limits: &DecodeLimits| -> Box<dyn Decode> {
            Box::new(Framed::<F>::new(unpack, *limits))
        };
        Self { identity: F::IDENTITY, begin, codec: None }
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

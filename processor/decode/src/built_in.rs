//! What the decoders of this crate are made of.

#[cfg(feature = "snappy")]
use crate::unpack::snappy::Hadoop;
use crate::{
    decoder::{Decode, Decoder, ObjectInfo},
    frame::Framer,
    framed::Framed,
    limits::DecodeLimits,
    unpack::{Codec, stream::Unpack},
};
use std::{borrow::Cow, fmt, sync::Arc};

/// A decoder of this crate, such as [`json()`](crate::json) or [`lines()`](crate::lines).
///
/// Compression needs no setting: it is recognized by the first bytes of the object, whatever its
/// name or headers say.
#[derive(Clone)]
pub struct BuiltIn {
    identity: Cow<'static, str>,
    begin: Arc<Begin>,
    is_text: bool,
    codec: Option<Arc<dyn Fn() -> Box<dyn Codec> + Send + Sync>>,
}

type Begin = dyn Fn(Unpack, &DecodeLimits) -> Box<dyn Decode> + Send + Sync;

impl BuiltIn {
    /// Each object is cut into records by a framer of its own.
    pub(crate) fn framed<F: Framer>(
        identity: impl Into<Cow<'static, str>>,
        framer: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let begin = move |unpack, limits: &DecodeLimits| -> Box<dyn Decode> {
            Box::new(Framed::new(unpack, framer(), *limits))
        };
        Self { is_text: F::TEXT, ..Self::new(identity, begin) }
    }

    pub(crate) fn new(
        identity: impl Into<Cow<'static, str>>,
        begin: impl Fn(Unpack, &DecodeLimits) -> Box<dyn Decode> + Send + Sync + 'static,
    ) -> Self {
        Self { identity: identity.into(), begin: Arc::new(begin), is_text: true, codec: None }
    }

    /// Every object is unpacked by a codec that `make` gives for it, instead of by what its first
    /// bytes say.
    #[must_use]
    pub fn through(mut self, make: impl Fn() -> Box<dyn Codec> + Send + Sync + 'static) -> Self {
        self.codec = Some(Arc::new(make));
        self
    }
}

#[cfg(feature = "snappy")]
impl BuiltIn {
    /// Every object is in Hadoop's framing of Snappy, as Firehose's `HADOOP_SNAPPY` writes it. It
    /// has no magic, so it has to be told; Snappy's own framing has one, and is undone without
    /// that.
    #[must_use]
    pub fn through_hadoop_snappy(self) -> Self {
        self.through(|| Box::new(Hadoop::default()))
    }
}

impl Decoder for BuiltIn {
    fn identity(&self) -> Cow<'static, str> {
        self.identity.clone()
    }

    fn begin(&self, _object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        let unpack = match &self.codec {
            Some(make) => Unpack::through(make()),
            None => Unpack::detect(self.is_text),
        };
        (self.begin)(unpack, limits)
    }
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BuiltIn").field(&self.identity).finish()
    }
}

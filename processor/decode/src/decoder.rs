//! What a decoder is: an object's stored bytes to its records.

use crate::{error::DecodeError, limits::DecodeLimits, writer::BlockWriter};
use std::{borrow::Cow, sync::Arc};

/// Makes records of objects: [`json()`](crate::json), [`lines()`](crate::lines),
/// [`whole()`](crate::whole), or your own.
///
/// One decoder serves all objects; for each it begins a [`Decode`]. Records of a fixed length:
///
/// ```
/// use s3_sqs_decode::*;
/// use std::borrow::Cow;
///
/// #[derive(Debug)]
/// struct Fixed(usize);
///
/// struct Cut {
///     length: usize,
///     row: Vec<u8>,
/// }
///
/// impl Decoder for Fixed {
///     fn identity(&self) -> Cow<'static, str> {
///         format!("fixed:{}", self.0).into()
///     }
///
///     fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
///         Box::new(Cut { length: self.0, row: Vec::new() })
///     }
/// }
///
/// impl Decode for Cut {
///     fn step(
///         &mut self,
///         mut input: Input<'_, '_>,
///         block: &mut BlockWriter<'_>,
///     ) -> Result<Step, DecodeError> {
///         loop {
///             self.row.extend_from_slice(input.take(self.length - self.row.len()));
///             match self.row.len() {
///                 0 if input.last => return Ok(Step::End),
///                 n if n < self.length && !input.last => return Ok(Step::NeedInput),
///                 n if n < self.length => {
///                     return Err(DecodeError::decoded("a row is cut short", block.position()));
///                 }
///                 _ if !block.copy(&self.row) => return Ok(Step::BlockFull),
///                 _ => self.row.clear(),
///             }
///         }
///     }
/// }
///
/// let mut decoding =
///     Decoding::new(&Fixed(3), &ObjectInfo::new("bucket", "key"), DecodeLimits::default());
/// let mut block = Block::with_capacity(1 << 16);
/// assert_eq!(decoding.step(&mut &b"onetwo"[..], true, &mut block)?, Step::End);
/// assert_eq!((block.len(), block.record(1), block.offset(1)), (2, &b"two"[..], 3));
/// # Ok::<_, DecodeError>(())
/// ```
pub trait Decoder: Send + Sync + 'static {
    /// A fixed text that says what cuts an object into records: `"json"`. Two decoders that say the
    /// same give the same records, with the same indices and offsets, for the same decoded bytes;
    /// limits and codecs are no part of it.
    fn identity(&self) -> Cow<'static, str>;

    /// Begins with an object. Nothing of it has been read; the limits are those that it is held to.
    fn begin(&self, object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode>;
}

impl<D: Decoder + ?Sized> Decoder for Arc<D> {
    fn identity(&self) -> Cow<'static, str> {
        (**self).identity()
    }

    fn begin(&self, object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        (**self).begin(object, limits)
    }
}

/// Decodes one object, step by step.
///
/// A step never waits and does no I/O. It may be called on another thread each time.
pub trait Decode: Send {
    /// Takes from the front of the input and adds records to the block, until one of them is used
    /// up or the object is complete. Writing about a mebibyte, or taking about 2 ms, is enough for
    /// one step: then [`Step::Yield`] lets others run.
    ///
    /// It is called with the same block until it says [`Step::BlockFull`], and then with an empty
    /// one; not again after [`Step::End`] or an error. What the block's contract is says
    /// [`BlockWriter`].
    ///
    /// Each step has to do something: a decoder that neither takes input nor writes fails its
    /// object after a thousand steps in a row.
    ///
    /// # Errors
    /// If the object cannot be decoded: [`DecodeError::decoded`]. Records that are in the block are
    /// handed on all the same; the object as a whole has failed.
    fn step(
        &mut self,
        input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError>;

    /// How many parts of the object so far are no records by the format's own rules, as control
    /// messages among data are. They are counted, and otherwise done.
    fn passed_over(&self) -> u64 {
        0
    }
}

/// The stored bytes at hand.
#[derive(Debug)]
#[non_exhaustive]
pub struct Input<'a, 'b> {
    /// What was not yet taken. Bytes are taken by making it shorter.
    pub bytes: &'a mut &'b [u8],
    /// Whether nothing follows these bytes: they end the object.
    pub last: bool,
}

impl<'a, 'b> Input<'a, 'b> {
    /// For calling a [`Decode`] by hand; [`Decoding`](crate::Decoding) does more.
    pub fn new(bytes: &'a mut &'b [u8], last: bool) -> Self {
        Self { bytes, last }
    }

    /// Takes `most` bytes from the front, or as many as there are.
    pub fn take(&mut self, most: usize) -> &'b [u8] {
        let (taken, rest) = self.bytes.split_at(most.min(self.bytes.len()));
        *self.bytes = rest;
        taken
    }
}

/// What comes after a step.
///
/// Later versions may know more of them. Whoever drives a decoder fails the object at one that it
/// does not know: to go on could lose records, or never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Step {
    /// All input was taken: call again with more of it and the same block. Not where the input was
    /// the last.
    NeedInput,
    /// The decoder wants to hold so many bytes beyond the block's and a few KiB. Call again with
    /// the rest of the input and the same block: that means that it may hold them. It asks for the
    /// total it wants, and has freed what it was granted before. Otherwise decoders that wait could
    /// hold more together than there is.
    NeedMemory(u64),
    /// The block is to be handed on: call again with the rest of the input and a cleared block. Not
    /// for a block without records and fault.
    BlockFull,
    /// Enough for one step: call again with the rest of the input and the same block.
    Yield,
    /// The object is complete and valid; the block may hold its last records. It may come before
    /// the input's end: what is left is then not looked at, only read, so that the object is still
    /// found to be whole.
    End,
}

/// The object that is decoded.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ObjectInfo<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Its key, decoded.
    pub key: &'a str,
    /// Its size in bytes as it is stored, if known.
    pub size: Option<u64>,
}

impl<'a> ObjectInfo<'a> {
    /// Of an unknown size.
    pub fn new(bucket: &'a str, key: &'a str) -> Self {
        Self { bucket, key, size: None }
    }

    /// With its size in bytes as it is stored.
    #[must_use]
    pub fn size(self, size: Option<u64>) -> Self {
        Self { size, ..self }
    }
}

//! What can be wrong with an object.

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// A gzip member has a bad header, bad data, or a checksum or length that does not match.
    Gzip,
    /// The input ends inside a gzip member.
    TruncatedGzip,
    /// Something other than a further member or zero bytes follows a gzip member.
    TrailingGarbage,
    /// The input ends inside a JSON value, or inside quotes of CSV.
    PartialRecord,
    /// A byte between JSON values that starts none.
    StrayByte,
    /// A `]` that closes a `{`, or a `}` that closes a `[`.
    MismatchedBracket,
    /// A JSON value has no list under the path that leads to the records.
    NoElements,
    /// A row of CSV has text behind a closing quote, or not as many fields as the first.
    Csv,
    /// Brackets are nested deeper than 1,024 levels.
    TooDeep,
    /// The object is known to be something else than text: compressed in another way, an archive,
    /// a columnar format, a wide encoding.
    NotText,
    /// The object is read as one record, which is above the limit on records.
    RecordTooLarge,
    /// More bytes after decompression than the limit on objects.
    ObjectTooLarge,
    /// More bytes of output per byte of compressed input than the limit.
    Ratio,
    /// It is compressed in a way that this build does not undo: a feature is switched off.
    Unsupported,
    /// One compression is inside another, and so on, more often than is undone: three times.
    TooManyLayers,
    /// The decoder asked for more memory than it may hold.
    Memory,
    /// The decoder or codec does not go on: a mistake in it.
    Stuck,
    /// A codec found the stored bytes damaged, see [`DecodeError::stored`]; or it ended before the
    /// object did, a mistake in it.
    ///
    /// [`DecodeError::stored`]: crate::DecodeError::stored
    Stored,
    /// A decoder found the decoded bytes damaged, see [`DecodeError::decoded`].
    ///
    /// [`DecodeError::decoded`]: crate::DecodeError::decoded
    Decoded,
}

impl DecodeErrorKind {
    /// Whether the offset of such an error counts bytes of the object as it is stored.
    pub(crate) const fn counts_stored_bytes(self) -> bool {
        matches!(
            self,
            Self::Gzip
                | Self::TruncatedGzip
                | Self::TrailingGarbage
                | Self::Unsupported
                | Self::TooManyLayers
                | Self::Stored
        )
    }
}

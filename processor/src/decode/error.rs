//! Why an object could not be decoded.

use std::error::Error;
use std::fmt;

/// An object that cannot be decoded to its end.
///
/// Records that were found before it are valid as far as they go; the object has failed all the
/// same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecodeError {
    kind: DecodeErrorKind,
    offset: u64,
    detail: Detail,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    None,
    Text(&'static str),
    Byte(u8),
    Limit(u64),
}

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DecodeErrorKind {
    /// A gzip member has a bad header, bad data, or a checksum or length that does not match.
    Gzip,
    /// The input ends inside a gzip member.
    TruncatedGzip,
    /// Something other than a further member or zero bytes follows a gzip member.
    TrailingGarbage,
    /// The input ends inside a JSON value.
    PartialRecord,
    /// A byte between JSON values that starts none.
    StrayByte,
    /// A `]` that closes a `{`, or a `}` that closes a `[`.
    MismatchedBracket,
    /// Brackets are nested deeper than 1,024 levels.
    TooDeep,
    /// The object is read as one record, which is above the limit on records.
    RecordTooLarge,
    /// More bytes after decompression than the limit on objects.
    ObjectTooLarge,
    /// More bytes of output per byte of compressed input than the limit.
    Ratio,
}

impl DecodeErrorKind {
    const fn counts_compressed_bytes(self) -> bool {
        matches!(self, Self::Gzip | Self::TruncatedGzip | Self::TrailingGarbage)
    }
}

impl DecodeError {
    pub(super) const fn new(kind: DecodeErrorKind, offset: u64) -> Self {
        Self { kind, offset, detail: Detail::None }
    }

    pub(super) const fn with(kind: DecodeErrorKind, offset: u64, detail: Detail) -> Self {
        Self { kind, offset, detail }
    }

    /// What is wrong.
    pub(crate) const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where it is wrong, in bytes from the start.
    ///
    /// For the three gzip kinds it counts bytes of the object as it is stored: the start of the
    /// damaged member, the end of a truncated object, the first byte of garbage. For all others it
    /// counts bytes of the decoded stream: the start of a partial record, the stray byte, the first
    /// byte beyond a limit.
    #[cfg(any(test, fuzzing))]
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DecodeErrorKind as Kind;
        match self.kind {
            Kind::Gzip => write!(f, "damaged gzip member{}", self.detail)?,
            Kind::TruncatedGzip => {
                write!(f, "gzip data ends inside a member, the object is incomplete")?;
            }
            Kind::TrailingGarbage => {
                write!(f, "neither a gzip member nor zero bytes after the last member")?;
            }
            Kind::PartialRecord => write!(f, "input ends inside the json value that begins")?,
            Kind::StrayByte => write!(f, "no json value begins with this byte{}", self.detail)?,
            Kind::MismatchedBracket => {
                write!(f, "closing bracket of the wrong kind{}", self.detail)?;
            }
            Kind::TooDeep => write!(f, "json nested too deeply{}", self.detail)?,
            Kind::RecordTooLarge => write!(f, "object is too large for one record{}", self.detail)?,
            Kind::ObjectTooLarge => {
                write!(f, "object is too large after decompression{}", self.detail)?;
            }
            Kind::Ratio => write!(f, "object expands too much{}", self.detail)?,
        }
        let stream = if self.kind.counts_compressed_bytes() { "stored" } else { "decoded" };
        write!(f, ", at {stream} byte {}", self.offset)?;
        match self.kind {
            Kind::StrayByte => {
                write!(f, "; if the records are not json, use the framing lines or whole")
            }
            Kind::RecordTooLarge => {
                write!(f, "; raise limits.record_bytes, or do not read it as a whole")
            }
            Kind::ObjectTooLarge => {
                write!(f, "; raise limits.object_bytes if it is meant to be this large")
            }
            Kind::Ratio => {
                write!(f, "; raise limits.compression_ratio if it is no decompression bomb")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => write!(f, " ({text})"),
            Self::Byte(byte) if byte.is_ascii_graphic() => {
                write!(f, " (0x{byte:02x}, `{}`)", char::from(*byte))
            }
            Self::Byte(byte) => write!(f, " (0x{byte:02x})"),
            Self::Limit(limit) => write!(f, " (limit {limit})"),
        }
    }
}

impl Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::{DecodeError, DecodeErrorKind, Detail};

    #[test]
    fn messages_say_what_where_and_what_to_do() {
        let shown = |kind, offset, detail| DecodeError::with(kind, offset, detail).to_string();
        assert_eq!(
            shown(DecodeErrorKind::Gzip, 20, Detail::Text("checksum does not match")),
            "damaged gzip member (checksum does not match), at stored byte 20"
        );
        assert_eq!(
            shown(DecodeErrorKind::StrayByte, 7, Detail::Byte(b']')),
            "no json value begins with this byte (0x5d, `]`), at decoded byte 7; if the records \
             are not json, use the framing lines or whole"
        );
        assert_eq!(
            shown(DecodeErrorKind::ObjectTooLarge, 10, Detail::Limit(10)),
            "object is too large after decompression (limit 10), at decoded byte 10; raise \
             limits.object_bytes if it is meant to be this large"
        );
        assert_eq!(
            DecodeError::new(DecodeErrorKind::PartialRecord, 3).to_string(),
            "input ends inside the json value that begins, at decoded byte 3"
        );
    }
}

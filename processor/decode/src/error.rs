//! Why an object could not be decoded.

mod detail;
mod kind;
mod parse;

pub(crate) use self::detail::Detail;
pub use self::{kind::DecodeErrorKind, parse::ParseFormatError};

use std::{borrow::Cow, error::Error, fmt};

/// An object that cannot be decoded to its end.
///
/// Records that were found before it are valid as far as they go; the object has failed all the
/// same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: u64,
    detail: Detail,
    /// How many layers of compression are around the place.
    layers: usize,
}

impl DecodeError {
    /// The stored bytes are damaged, at this byte of the object as it is stored. For codecs.
    ///
    /// The text says what is wrong, on one line and without the offset.
    ///
    /// ```
    /// let error = s3_sqs_decode::DecodeError::stored("bad checksum of a frame", 12);
    /// assert_eq!(error.to_string(), "bad checksum of a frame, at stored byte 12");
    /// ```
    pub fn stored(text: impl Into<Cow<'static, str>>, offset: u64) -> Self {
        Self::with(DecodeErrorKind::Stored, offset, Detail::Said(text.into()))
    }

    /// The decoded bytes are damaged, at this byte of the decoded stream. For decoders.
    ///
    /// The text says what is wrong, on one line and without the offset.
    pub fn decoded(text: impl Into<Cow<'static, str>>, offset: u64) -> Self {
        Self::with(DecodeErrorKind::Decoded, offset, Detail::Said(text.into()))
    }

    pub(crate) const fn new(kind: DecodeErrorKind, offset: u64) -> Self {
        Self { kind, offset, detail: Detail::None, layers: 0 }
    }

    pub(crate) const fn with(kind: DecodeErrorKind, offset: u64, detail: Detail) -> Self {
        Self { kind, offset, detail, layers: 0 }
    }

    /// The same, inside so many layers of compression.
    pub(crate) fn within_layers(self, layers: usize) -> Self {
        Self { layers, ..self }
    }

    /// What is wrong.
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where it is wrong, in bytes from the start.
    ///
    /// For the three gzip kinds, [`Unsupported`](DecodeErrorKind::Unsupported) and
    /// [`Stored`](DecodeErrorKind::Stored) it counts bytes of the object as it is stored: the start
    /// of the damaged member, the end of a truncated object, the first byte of garbage. For all
    /// others it counts bytes of the decoded stream: the start of a partial record, the stray byte,
    /// the first byte beyond a limit. Where one compression is inside another, stored bytes are
    /// those of the layer that is damaged; the text says how many are around it.
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DecodeErrorKind as Kind;
        let what = match self.kind {
            Kind::Gzip => "damaged gzip member",
            Kind::TruncatedGzip => "gzip data ends inside a member, the object is incomplete",
            Kind::TrailingGarbage => "neither a gzip member nor zero bytes after the last member",
            Kind::PartialRecord => "input ends inside the record that begins",
            Kind::StrayByte => "no json value begins with this byte",
            Kind::MismatchedBracket => "closing bracket of the wrong kind",
            Kind::Csv => "bad row of csv",
            Kind::NoElements => "the json value has no list under the path to its records",
            Kind::TooDeep => "json nested too deeply",
            Kind::NotText => "object is no text",
            Kind::RecordTooLarge => "object is too large for one record",
            Kind::ObjectTooLarge => "object is too large after decompression",
            Kind::Ratio => "object expands too much",
            Kind::Unsupported => "object is compressed in a way that is not compiled in",
            Kind::TooManyLayers => "object is compressed too many times over",
            Kind::Memory => "object takes too much memory to decode",
            Kind::Stuck => "the decoder does not go on",
            Kind::Stored | Kind::Decoded => "",
        };
        let stream = if self.kind.counts_stored_bytes() { "stored" } else { "decoded" };
        write!(f, "{what}{}, at {stream} byte {}", self.detail, self.offset)?;
        if self.layers > 0 {
            let times = if self.layers == 1 { "once" } else { "twice" };
            write!(f, " of what was decompressed {times}")?;
        }
        match self.kind {
            Kind::StrayByte => match self.detail {
                Detail::Byte(byte) if byte.is_ascii_graphic() => {
                    write!(f, "; if the records are not json, use the decoder lines or whole")
                }
                _ => write!(f, "; if the object is no text, bring a decoder that reads it"),
            },
            Kind::NoElements => write!(
                f,
                "; if it is another kind of file, give it a route of its own, or use the decoder \
                 json"
            ),
            Kind::NotText => write!(
                f,
                "; store it as UTF-8 text, plain or gzip, or bring a decoder that reads it (whole \
                 makes one record of it)"
            ),
            Kind::RecordTooLarge => {
                write!(f, "; raise limits.record_bytes, or do not read it as a whole")
            }
            Kind::ObjectTooLarge => {
                write!(f, "; raise limits.object_bytes if it is meant to be this large")
            }
            Kind::Ratio => {
                write!(f, "; raise limits.compression_ratio if it is no decompression bomb")
            }
            Kind::Unsupported => match self.detail {
                Detail::Text(name) => write!(f, "; switch on the feature {name}"),
                _ => Ok(()),
            },
            Kind::TooManyLayers => {
                write!(f, "; store it compressed once, or bring a decoder that reads it")
            }
            Kind::Memory => write!(f, "; raise limits.buffered_bytes to read it"),
            _ => Ok(()),
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
             are not json, use the decoder lines or whole"
        );
        assert_eq!(
            shown(DecodeErrorKind::ObjectTooLarge, 10, Detail::Limit(10)),
            "object is too large after decompression (limit 10), at decoded byte 10; raise \
             limits.object_bytes if it is meant to be this large"
        );
        assert_eq!(
            DecodeError::new(DecodeErrorKind::PartialRecord, 3).to_string(),
            "input ends inside the record that begins, at decoded byte 3"
        );
        assert_eq!(
            shown(DecodeErrorKind::Unsupported, 0, Detail::Text("gzip")),
            "object is compressed in a way that is not compiled in (gzip), at stored byte 0; \
             switch on the feature gzip"
        );
        assert_eq!(
            shown(DecodeErrorKind::Memory, 5, Detail::Wanted { bytes: 9, limit: 8 }),
            "object takes too much memory to decode (9 wanted, limit 8), at decoded byte 5; \
             raise limits.buffered_bytes to read it"
        );
        assert_eq!(
            DecodeError::decoded("a row is cut short", 7).to_string(),
            "a row is cut short, at decoded byte 7"
        );
    }
}

//! What an error says beside its kind.

use std::{borrow::Cow, fmt};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    None,
    Text(&'static str),
    /// The whole of what is said, by somebody else's codec or decoder.
    Said(Cow<'static, str>),
    Byte(u8),
    Limit(u64),
    Wanted {
        bytes: u64,
        limit: u64,
    },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => write!(f, " ({text})"),
            Self::Said(text) => f.write_str(text),
            Self::Byte(byte) if byte.is_ascii_graphic() => {
                write!(f, " (0x{byte:02x}, `{}`)", char::from(*byte))
            }
            Self::Byte(byte) => write!(f, " (0x{byte:02x})"),
            Self::Limit(limit) => write!(f, " (limit {limit})"),
            Self::Wanted { bytes, limit } => write!(f, " ({bytes} wanted, limit {limit})"),
        }
    }
}

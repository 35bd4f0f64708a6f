//! Which codec an object needs, by its first bytes.

use super::Codec;
use crate::error::{DecodeError, DecodeErrorKind, Detail};

/// How a codec is made, if the feature of this name is on.
macro_rules! codec {
    ($feature:literal, $module:ident :: $codec:ident) => {{
        #[cfg(feature = $feature)]
        {
            Some(|| Box::new(super::$module::$codec::new()) as Box<dyn Codec>)
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}
/// How objects may be compressed.
///
/// A codec takes one line here. No magic begins with another one.
const KNOWN: [Known; 6] = [
    Known {
        name: "gzip",
        magic: &[0x1f, 0x8b],
        free: 0,
        is_text: false,
        make: codec!("gzip", gzip::Gunzip),
    },
    Known {
        name: "zstd",
        magic: &[0x28, 0xb5, 0x2f, 0xfd],
        free: 0,
        is_text: false,
        make: codec!("zstd", zstd::Unzstd),
    },
    // Of frames to skip, which some tools put in front.
    Known {
        name: "zstd",
        magic: &[0x50, 0x2a, 0x4d, 0x18],
        free: 0x0f,
        is_text: false,
        make: codec!("zstd", zstd::Unzstd),
    },
    Known {
        name: "snappy",
        magic: b"\xff\x06\0\0sNaPpY",
        free: 0,
        is_text: false,
        make: codec!("snappy", snappy::Framed),
    },
    Known {
        name: "utf16",
        magic: &[0xff, 0xfe],
        free: 0,
        is_text: true,
        make: codec!("utf16", utf16::Utf16),
    },
    Known {
        name: "utf16",
        magic: &[0xfe, 0xff],
        free: 0,
        is_text: true,
        make: codec!("utf16", utf16::Utf16),
    },
];

/// The longest magic.
pub(super) const LONGEST: usize = {
    let (mut longest, mut at) = (0, 0);
    while at < KNOWN.len() {
        let length = KNOWN[at].magic.len();
        longest = if length > longest { length } else { longest };
        at += 1;
    }
    longest
};

/// A way of compressing, and what its objects begin with.
pub(super) struct Known {
    /// Also the name of the feature that compiles the codec in.
    name: &'static str,
    magic: &'static [u8],
    /// Bits of the first byte that may be set or not.
    free: u8,
    /// Text in another encoding: it is that for decoders of text only, and is known in another way
    /// where it cannot be undone.
    is_text: bool,
    make: Option<fn() -> Box<dyn Codec>>,
}

/// What first bytes say.
pub(super) enum Front {
    /// They may be the beginning of a magic.
    Open,
    /// They are one.
    Is(&'static Known),
    /// They begin no magic: the object is not compressed.
    Plain,
}

impl Front {
    /// What these bytes say, all of which but the last were [`Open`](Self::Open). `of_text`: of
    /// what should be text.
    pub(super) fn of(bytes: &[u8], of_text: bool) -> Self {
        let is_asked = |known: &&Known| !known.is_text || of_text && known.make.is_some();
        let mut asked = KNOWN.iter().filter(is_asked);
        match asked.find(|known| known.may_begin(bytes)) {
            Some(known) if known.magic.len() == bytes.len() => Self::Is(known),
            Some(_) => Self::Open,
            None => Self::Plain,
        }
    }
}

impl Known {
    /// Whether its magic begins so.
    fn may_begin(&self, bytes: &[u8]) -> bool {
        let free = |at| if at == 0 { self.free } else { 0 };
        let is_same =
            |(at, (byte, magic)): (usize, (&u8, &u8))| byte | free(at) == magic | free(at);
        bytes.len() <= self.magic.len() && bytes.iter().zip(self.magic).enumerate().all(is_same)
    }

    /// A codec for an object that begins so.
    ///
    /// # Errors
    /// If it is not compiled in.
    pub(super) fn codec(&self) -> Result<Box<dyn Codec>, DecodeError> {
        let missing =
            || DecodeError::with(DecodeErrorKind::Unsupported, 0, Detail::Text(self.name));
        self.make.map(|make| make()).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn no_magic_begins_with_another() {
        for (at, known) in KNOWN.iter().enumerate() {
            let others = KNOWN.iter().enumerate().filter(|(other, _)| *other != at);
            for (_, other) in others {
                let length = known.magic.len().min(other.magic.len());
                let is_same = known.may_begin(&other.magic[..length]);
                assert!(!is_same, "{} and {}", known.name, other.name);
            }
        }
    }
}

//! Decoders by name.

use crate::{
    built_in::{BuiltIn, json, lines, whole},
    decoder::{Decode, Decoder, ObjectInfo},
    limits::DecodeLimits,
};
use std::{borrow::Cow, error::Error, fmt, str::FromStr};

/// A name, and what it stands for.
type Named = (&'static str, fn() -> BuiltIn);

/// Every name that is understood; the first is the default.
const NAMES: [Named; 3] = [("json", json), ("lines", lines), ("whole", whole)];

/// A decoder that is known by a name, for command lines and configuration: `json` (the default),
/// `lines` or `whole`.
///
/// Two are equal if their [identities](Decoder::identity) are.
///
/// ```
/// use s3_sqs_decode::{Decoder, Format};
///
/// let format: Format = "lines".parse()?;
/// assert_eq!(format.identity(), "lines");
/// # Ok::<_, s3_sqs_decode::ParseFormatError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Format {
    name: &'static str,
    decoder: BuiltIn,
}

impl Format {
    fn new((name, make): Named) -> Self {
        Self { name, decoder: make() }
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::new(NAMES[0])
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Format {}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let known = NAMES.into_iter().find(|(name, _)| *name == s);
        known.map(Self::new).ok_or_else(|| ParseFormatError { given: s.to_owned() })
    }
}

impl Decoder for Format {
    fn identity(&self) -> Cow<'static, str> {
        self.decoder.identity()
    }

    fn begin(&self, object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        self.decoder.begin(object, limits)
    }
}

/// A name that is none of the decoders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFormatError {
    given: String,
}

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown decoder {:?}; use ", self.given)?;
        for (at, (name, _)) in NAMES.iter().enumerate() {
            let separator = match at {
                0 => "",
                _ if at + 1 == NAMES.len() => " or ",
                _ => ", ",
            };
            write!(f, "{separator}{name}")?;
        }
        Ok(())
    }
}

impl Error for ParseFormatError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_shown() {
        for (name, _) in NAMES {
            let format: Format = name.parse().unwrap();
            assert_eq!(format.to_string(), name);
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!(Format::default().to_string(), "json");
        assert_eq!(format!("{:>6}", Format::default()), "  json");
        assert_ne!("lines".parse(), Ok(Format::default()));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "csv".parse::<Format>().expect_err("csv is no decoder");
        assert_eq!(error.to_string(), "unknown decoder \"csv\"; use json, lines or whole");
    }
}

//! Decoders by name.

pub use crate::frame::{json::json, lines::lines, whole::whole};

use crate::{
    built_in::BuiltIn,
    decoder::{Decode, Decoder, ObjectInfo},
    limits::DecodeLimits,
};
use std::{borrow::Cow, error::Error, fmt, str::FromStr};

/// Every decoder that has a name, which is its identity. The first is the default.
const NAMED: [fn() -> BuiltIn; 3] = [json, lines, whole];

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
pub struct Format(BuiltIn);

impl Default for Format {
    fn default() -> Self {
        Self(NAMED[0]())
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
        f.pad(&self.identity())
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut named = NAMED.into_iter().map(|make| make());
        let decoder = named.find(|decoder| decoder.identity() == s);
        decoder.map(Self).ok_or_else(|| ParseFormatError { given: s.to_owned() })
    }
}

impl Decoder for Format {
    fn identity(&self) -> Cow<'static, str> {
        self.0.identity()
    }

    fn begin(&self, object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        self.0.begin(object, limits)
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
        for (at, make) in NAMED.iter().enumerate() {
            let separator = match at {
                0 => "",
                _ if at + 1 == NAMED.len() => " or ",
                _ => ", ",
            };
            write!(f, "{separator}{}", make().identity())?;
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
        for make in NAMED {
            let format: Format = make().identity().parse().unwrap();
            assert_eq!(format.identity(), make().identity());
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

//! Decoders by name.

pub use crate::frame::{elements::json_elements, json::json, lines::lines, whole::whole};

use crate::{
    built_in::BuiltIn,
    decoder::{Decode, Decoder, ObjectInfo},
    limits::DecodeLimits,
};
use std::{borrow::Cow, error::Error, fmt, str::FromStr};

/// Every decoder that has a name, which is its identity. The first is the default.
const NAMED: [fn() -> BuiltIn; 3] = [json, lines, whole];

/// A decoder that is known by a name, for command lines and configuration: `json` (the default),
/// `lines`, `whole`, or `json:PATH` for [`json_elements`].
///
/// Two are equal if their [identities](Decoder::identity) are.
///
/// ```
/// use s3_sqs_decode::{Decoder, Format};
///
/// let format: Format = "lines".parse()?;
/// assert_eq!(format.identity(), "lines");
/// assert_eq!("json:.Records[]".parse::<Format>()?.identity(), "json:Records");
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
        if let Some(path) = s.strip_prefix("json:") {
            return json_elements(path).map(Self);
        }
        let mut named = NAMED.into_iter().map(|make| make());
        let decoder = named.find(|decoder| decoder.identity() == s);
        decoder.map(Self).ok_or_else(|| ParseFormatError::new(s, unknown()))
    }
}

/// What is said of a name that is none.
fn unknown() -> String {
    let names: Vec<_> = NAMED.iter().map(|make| make().identity().into_owned()).collect();
    format!("an unknown decoder; use {} or json:PATH", names.join(", "))
}

impl Decoder for Format {
    fn identity(&self) -> Cow<'static, str> {
        self.0.identity()
    }

    fn begin(&self, object: &ObjectInfo<'_>, limits: &DecodeLimits) -> Box<dyn Decode> {
        self.0.begin(object, limits)
    }
}

/// A text that stands for no decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFormatError {
    given: String,
    problem: String,
}

impl ParseFormatError {
    pub(crate) fn new(given: &str, problem: impl Into<String>) -> Self {
        Self { given: given.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is {}", self.given, self.problem)
    }
}

impl Error for ParseFormatError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_shown() {
        let named = NAMED.map(|make| make());
        for decoder in named.into_iter().chain(json_elements("a.b")) {
            let format: Format = decoder.identity().parse().unwrap();
            assert_eq!(format.identity(), decoder.identity());
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!(Format::default().to_string(), "json");
        assert_eq!(format!("{:>6}", Format::default()), "  json");
        assert_ne!("lines".parse(), Ok(Format::default()));
        assert_ne!("json:a".parse(), Ok(Format::default()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_known_ones() {
        let refused = |name: &str| name.parse::<Format>().expect_err(name).to_string();
        assert_eq!(
            refused("avro"),
            "\"avro\" is an unknown decoder; use json, lines, whole or json:PATH"
        );
        assert_eq!(refused("json:a b"), "\"a b\" is no path: the name `a b` needs quotes: \"a b\"");
    }
}

//! The ways to cut a decoded object into records.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// How a decoded object is cut into records.
///
/// Compression is a separate matter: it is recognized by the first bytes of the object, whatever
/// its name or headers say.
///
/// ```
/// use s3_sqs_processor::Framing;
///
/// let framing: Framing = "lines".parse()?;
/// assert_eq!(framing, Framing::Lines);
/// # Ok::<_, s3_sqs_processor::ParseFramingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Framing {
    /// A sequence of JSON values, in any arrangement: nothing between them, white space, newlines,
    /// each over many lines. A byte order mark at the start is skipped.
    ///
    /// Objects, arrays and strings end by themselves. A number or literal ends at white space, at
    /// the next object, array or string, or at the end of the input; `12` is therefore one record
    /// even if a producer wrote `1` and then `2`.
    ///
    /// Checked are strings, the nesting of brackets (kinds included, at most 1,024 levels) and that
    /// nothing else stands between values. What is inside a value is otherwise not looked at:
    /// `{"a":}` is a record, and whoever parses it finds that it is not JSON.
    #[default]
    Json,
    /// One record per line, ended by `\n` or `\r\n` or the end of the input.
    ///
    /// Line ends are not part of the record and blank lines are no records. A byte order mark at
    /// the start is skipped. Bytes are not interpreted: invalid UTF-8 is passed on as it is.
    Lines,
    /// The whole object is one record, byte for byte. An empty object has no records.
    Whole,
}

impl Framing {
    const ALL: [Self; 3] = [Self::Json, Self::Lines, Self::Whole];

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Lines => "lines",
            Self::Whole => "whole",
        }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Framing {
    type Err = ParseFramingError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|framing| framing.name() == s)
            .ok_or_else(|| ParseFramingError { given: s.to_owned() })
    }
}

/// A name that is none of the framings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFramingError {
    given: String,
}

impl fmt::Display for ParseFramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown framing {:?}; use json, lines or whole", self.given)
    }
}

impl Error for ParseFramingError {}

#[cfg(test)]
mod tests {
    use super::Framing;

    #[test]
    fn names_are_read_as_they_are_shown() {
        for framing in Framing::ALL {
            assert_eq!(framing.to_string().parse(), Ok(framing));
        }
        assert_eq!(Framing::default(), Framing::Json);
        assert_eq!(format!("{:>6}", Framing::Json), "  json");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "csv".parse::<Framing>().expect_err("csv is no framing");
        assert_eq!(error.to_string(), "unknown framing \"csv\"; use json, lines or whole");
    }
}

//! Decoders by name.

pub use crate::frame::{
    auto::auto,
    csv::{csv_rows, tsv_rows},
    elements::json_elements,
    json::json,
    lines::lines,
    whole::whole,
};
#[cfg(feature = "cloudwatch-logs")]
pub use crate::table::cloudwatch_logs::cloudwatch_logs;
#[cfg(feature = "firehose-errors")]
pub use crate::table::firehose_errors::{firehose_errors, firehose_errors_data};
#[cfg(feature = "csv")]
pub use crate::table::{
    csv::{csv, tsv, vpc_flow_logs},
    w3c::w3c_log,
};

use crate::{
    built_in::BuiltIn,
    decoder::{Decode, Decoder, ObjectInfo},
    error::ParseFormatError,
    limits::DecodeLimits,
};
use std::{borrow::Cow, fmt, str::FromStr};

/// How a decoder is made, if the feature of this name is on.
macro_rules! decoder {
    ($feature:literal, $make:ident) => {{
        #[cfg(feature = $feature)]
        {
            Ok($make)
        }
        #[cfg(not(feature = $feature))]
        {
            Err($feature)
        }
    }};
}

/// A decoder that has a name, which is its identity.
struct Named {
    name: &'static str,
    /// Or the feature that is off.
    make: Result<fn() -> BuiltIn, &'static str>,
}

/// All of them. The first is the default.
const NAMED: [Named; 13] = [
    Named { name: "json", make: Ok(json) },
    Named { name: "lines", make: Ok(lines) },
    Named { name: "whole", make: Ok(whole) },
    Named { name: "auto", make: Ok(auto) },
    Named { name: "csv", make: decoder!("csv", csv) },
    Named { name: "csv:rows", make: Ok(csv_rows) },
    Named { name: "tsv", make: decoder!("csv", tsv) },
    Named { name: "tsv:rows", make: Ok(tsv_rows) },
    Named { name: "vpc-flow", make: decoder!("csv", vpc_flow_logs) },
    Named { name: "w3c", make: decoder!("csv", w3c_log) },
    Named { name: "cloudwatch-logs", make: decoder!("cloudwatch-logs", cloudwatch_logs) },
    Named { name: "firehose-errors", make: decoder!("firehose-errors", firehose_errors) },
    Named { name: "firehose-errors:data", make: decoder!("firehose-errors", firehose_errors_data) },
];

/// A decoder that is known by a name, for command lines and configuration: `json` (the default),
/// `lines`, `whole`, `auto`, `csv`, `csv:rows`, `tsv`, `tsv:rows`, `vpc-flow`, `w3c`,
/// `cloudwatch-logs`, `firehose-errors`, `firehose-errors:data`, or `json:PATH` for
/// [`json_elements`]. Some need a feature; who asks for one without it is told which. With
/// `+hadoop-snappy` behind its name (and the feature `snappy`) all objects are in Hadoop's framing
/// of Snappy, which no first bytes tell.
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
        Self(json())
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
        #[cfg(feature = "snappy")]
        if let Some(inner) = s.strip_suffix("+hadoop-snappy") {
            let Self(decoder) = inner.parse()?;
            return Ok(Self(decoder.through_hadoop_snappy()));
        }
        if let Some(path) = s.strip_prefix("json:") {
            return json_elements(path).map(Self);
        }
        let named = NAMED.iter().find(|named| named.name == s);
        let named = named.ok_or_else(|| ParseFormatError::new(s, unknown()))?;
        let make = named.make.map_err(|feature| {
            let problem = format!("not compiled in; switch on the feature {feature}");
            ParseFormatError::new(s, problem)
        })?;
        Ok(Self(make()))
    }
}

/// What is said of a name that is none.
fn unknown() -> String {
    let names: Vec<_> = NAMED.iter().map(|named| named.name).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_shown() {
        let names = NAMED.iter().filter(|named| named.make.is_ok()).map(|named| named.name);
        for name in names.chain(["json:a.b"]) {
            let format: Format = name.parse().unwrap();
            assert_eq!(format.identity(), name);
            assert_eq!(format.to_string(), name);
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
            "\"avro\" is an unknown decoder; use json, lines, whole, auto, csv, csv:rows, tsv, \
             tsv:rows, vpc-flow, w3c, cloudwatch-logs, firehose-errors, firehose-errors:data or \
             json:PATH"
        );
        #[cfg(not(feature = "csv"))]
        assert_eq!(refused("tsv"), "\"tsv\" is not compiled in; switch on the feature csv");
        assert_eq!(refused("json:a b"), "\"a b\" is no path: the name `a b` needs quotes: \"a b\"");
    }
}

//! What a route asks of an object.

use crate::config::may_name_a_bucket;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::RegexSet;
use std::ops::{Bound, RangeBounds};

/// As they were given. Those of one kind are alternatives; of each kind that there is, one is met.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub(super) buckets: Vec<String>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) globs: Vec<String>,
    pub(super) expressions: Vec<String>,
    pub(super) size: Option<(Bound<u64>, Bound<u64>)>,
}

/// Conditions that are ready to be asked.
#[derive(Debug)]
pub(super) struct Matcher {
    conditions: Conditions,
    globs: GlobSet,
    expressions: RegexSet,
}

impl Conditions {
    /// Whether every object meets them.
    pub(super) fn are_none(&self) -> bool {
        let Self { buckets, prefixes, suffixes, globs, expressions, size } = self;
        [buckets, prefixes, suffixes, globs, expressions].iter().all(|given| given.is_empty())
            && size.is_none()
    }

    /// # Errors
    /// The first that cannot be asked or met, with what to give instead.
    pub(super) fn compile(self) -> Result<Matcher, String> {
        let texts = [
            ("bucket", &self.buckets),
            ("prefix", &self.prefixes),
            ("suffix", &self.suffixes),
            ("keys", &self.globs),
            ("regex", &self.expressions),
        ];
        for (kind, texts) in texts {
            for text in texts {
                if text.is_empty() {
                    return Err(format!("{kind} is empty: leave it out to match everything"));
                }
                if text.starts_with("s3://") {
                    return Err(format!(
                        "{kind} is `{text}`: give the key alone here, and the bucket's name as \
                         bucket"
                    ));
                }
            }
        }
        if let Some(name) = self.buckets.iter().find(|name| !may_name_a_bucket(name)) {
            return Err(format!(
                "bucket is `{name}`, which no bucket can be called: give a name, not an ARN"
            ));
        }
        if self.size.is_some_and(is_empty) {
            return Err("size has no number of bytes that meets it".to_owned());
        }
        let mut globs = GlobSetBuilder::new();
        for glob in &self.globs {
            let mut options = GlobBuilder::new(glob);
            let compiled = options.literal_separator(true).backslash_escape(true).build();
            globs.add(compiled.map_err(|error| format!("keys: {error}"))?);
        }
        let globs = globs.build().map_err(|error| format!("keys: {error}"))?;
        let expressions =
            RegexSet::new(&self.expressions).map_err(|error| format!("regex: {error}"))?;
        Ok(Matcher { conditions: self, globs, expressions })
    }
}

impl Matcher {
    pub(super) fn are_met(&self, bucket: &str, key: &str, size: Option<u64>) -> bool {
        let Conditions { buckets, prefixes, suffixes, .. } = &self.conditions;
        let one_of = |texts: &[String], is: &dyn Fn(&str) -> bool| {
            texts.is_empty() || texts.iter().any(|text| is(text))
        };
        one_of(buckets, &|name| name == bucket)
            && one_of(prefixes, &|prefix| key.starts_with(prefix))
            && one_of(suffixes, &|suffix| key.ends_with(suffix))
            && self.conditions.size.is_none_or(|bounds| size.is_some_and(|n| bounds.contains(&n)))
            && (self.globs.is_empty() || self.globs.is_match(key))
            && (self.expressions.is_empty() || self.expressions.is_match(key))
    }

    /// The buckets that it asks for, if it does.
    pub(super) fn buckets(&self) -> &[String] {
        &self.conditions.buckets
    }
}

/// Whether no number is within these bounds.
fn is_empty((start, end): (Bound<u64>, Bound<u64>)) -> bool {
    let first = match start {
        Bound::Included(first) => Some(first),
        Bound::Excluded(before) => before.checked_add(1),
        Bound::Unbounded => Some(0),
    };
    first.is_none_or(|first| !(start, end).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::super::Route;

    /// Whether the route's conditions are met.
    fn met(route: &Route, bucket: &str, key: &str, size: Option<u64>) -> bool {
        let conditions = route.conditions.clone();
        conditions.compile().expect("they can be asked").are_met(bucket, key, size)
    }

    #[test]
    fn one_of_a_kind_is_enough_and_each_kind_counts() {
        let route = || Route::new("r");
        let cases = [
            (route(), "any", None, true),
            (route().prefix("a/"), "a/b", None, true),
            (route().prefix("a/"), "A/b", None, false),
            (route().prefix("a/").prefix("b/"), "b/x", None, true),
            (route().prefix("a/").suffix(".gz"), "a/x.gz", None, true),
            (route().prefix("a/").suffix(".gz"), "a/x.json", None, false),
            (route().bucket("b").prefix("a/"), "a/x", None, true),
            (route().bucket("other"), "a/x", None, false),
            (route().bucket("other").bucket("b"), "a/x", None, true),
            (route().keys("AWSLogs/**"), "AWSLogs/1/CloudTrail/x.json.gz", None, true),
            (route().keys("AWSLogs/*"), "AWSLogs/1/x", None, false),
            (route().keys("**/*.csv"), "x.csv", None, true),
            (route().keys("a/{b,c}/?.csv"), "a/c/1.csv", None, true),
            (route().keys("a/{b,c}/?.csv"), "a/c//.csv", None, false),
            (route().keys("*.a").keys("*.b"), "x.b", None, true),
            (route().keys("a\\*"), "a*", None, true),
            (route().keys("a\\*"), "ab", None, false),
            (route().regex("^a/[0-9]{4}/"), "a/2026/x", None, true),
            (route().regex("^a/[0-9]{4}/"), "b/a/2026/x", None, false),
            (route().regex("2026"), "b/a/2026/x", None, true),
            (route().suffix("/").empty(), "folder/", Some(0), true),
            (route().suffix("/").empty(), "folder/", Some(1), false),
            (route().suffix("/").empty(), "folder/", None, false),
            (route().size(..10), "x", Some(9), true),
            (route().size(..10), "x", Some(10), false),
            (route().size(5..), "x", Some(4), false),
        ];
        for (route, key, size, expected) in cases {
            assert_eq!(met(&route, "b", key, size), expected, "{route:?} {key} {size:?}");
        }
    }

    #[test]
    fn what_cannot_be_asked_or_met_is_refused() {
        let route = || Route::new("r");
        let cases = [
            (route().prefix(""), "prefix is empty"),
            (route().prefix("s3://bucket/a"), "give the key alone"),
            (route().bucket("arn:aws:s3:::b"), "give a name"),
            (route().keys("a/[b"), "keys: error parsing glob 'a/[b'"),
            (route().regex("(a"), "regex: regex parse error"),
            (route().size(5..5), "size has no number"),
            (
                route().size((std::ops::Bound::Excluded(u64::MAX), std::ops::Bound::Unbounded)),
                "size",
            ),
        ];
        for (route, expected) in cases {
            let refused = route.conditions.clone().compile().expect_err(expected);
            assert!(refused.contains(expected), "{refused}");
        }
    }
}

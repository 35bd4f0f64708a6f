//! Which objects `pipeline run` takes, and what it does with them.

use crate::{
    ends::{self, OnMissing},
    error::Error,
};
use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use s3_sqs_processor::{Builder, Finish, Format, Preset, Route, Unmatched};
use serde::{Deserialize, Deserializer};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(next_help_heading = "Which files")]
pub(crate) struct RouteArgs {
    /// Read what this AWS service writes, and skip its by-products: cloudtrail, cloudwatch-logs,
    /// firehose-errors, vpc-flow, alb, cloudfront, s3-access, waf or guardduty; may be given
    /// several times
    #[arg(long = "preset", value_name = "NAME")]
    presets: Vec<Preset>,
    /// Process only keys that begin so, and skip all others; may be given several times
    #[arg(long = "only-prefix", value_name = "PREFIX")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    only_prefixes: Vec<String>,
    /// Skip keys that end so (`/`, `_SUCCESS`); may be given several times
    #[arg(long = "skip-suffix", value_name = "SUFFIX")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    skip_suffixes: Vec<String>,
    /// What becomes of a file that no route fits [default: keep, or skip with --only-prefix]
    #[arg(long, value_enum, value_name = "WHAT")]
    unmatched: Option<UnmatchedIs>,
}

impl RouteArgs {
    /// Whether a flag says which files.
    pub(crate) fn are_given(&self) -> bool {
        !(self.presets.is_empty() && self.only_prefixes.is_empty() && self.skip_suffixes.is_empty())
    }

    /// # Errors
    /// If a route of the file is not understood.
    pub(crate) fn apply(
        &self,
        builder: Builder,
        of_file: &[RouteConfig],
    ) -> Result<Builder, Error> {
        let mut builder = self.apply_flags(builder);
        for (at, route) in of_file.iter().enumerate() {
            let routes = route.clone().routes().map_err(|problem| {
                Error::new(format!("in the file of --config: route {}: {problem}", at + 1))
            })?;
            builder = routes.into_iter().fold(builder, Builder::route);
        }
        Ok(match self.unmatched {
            Some(UnmatchedIs::Keep) => builder.unmatched(Unmatched::Keep),
            Some(UnmatchedIs::Skip) => builder.unmatched(Unmatched::Skip),
            None => builder,
        })
    }

    fn apply_flags(&self, mut builder: Builder) -> Builder {
        if !self.are_given() {
            return builder;
        }
        let Self { presets, only_prefixes, .. } = self;
        let only = |route: Route| only_prefixes.iter().fold(route, Route::prefix);
        if !self.skip_suffixes.is_empty() {
            let skip = Route::skip("skip-suffix");
            builder = builder.route(self.skip_suffixes.iter().fold(skip, Route::suffix));
        }
        for preset in presets {
            let routes = preset.by_products().into_iter().chain([preset.route()]);
            builder = routes.map(only).fold(builder, Builder::route);
        }
        match (presets.is_empty(), only_prefixes.is_empty()) {
            (true, true) => builder.route(Route::new("rest")),
            (true, false) => {
                builder.route(only(Route::new("only-prefix"))).unmatched(Unmatched::Skip)
            }
            // What is neither a file nor a by-product of the service is kept.
            (false, true) => builder,
            (false, false) => builder.unmatched(Unmatched::Skip),
        }
    }
}

/// What becomes of a file that no route fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UnmatchedIs {
    /// Its message comes back, and ends in the dead-letter queue
    Keep,
    /// It is left alone, and its message goes
    Skip,
}

/// One `[[route]]` of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RouteConfig {
    name: Option<String>,
    #[serde(default, deserialize_with = "preset")]
    preset: Option<Preset>,
    #[serde(default)]
    skip: bool,
    #[serde(default, deserialize_with = "texts")]
    bucket: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    prefix: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    suffix: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    keys: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    regex: Vec<String>,
    min_size: Option<u64>,
    max_size: Option<u64>,
    #[serde(default, deserialize_with = "decoder")]
    decoder: Option<Format>,
    processors: Option<Vec<String>>,
    record_bytes: Option<usize>,
    object_bytes: Option<u64>,
    compression_ratio: Option<u32>,
    failed_records: Option<u64>,
    #[serde(default, deserialize_with = "ends::finish")]
    after_success: Option<Finish>,
    missing: Option<OnMissing>,
    spool: Option<PathBuf>,
    spool_bytes: Option<u64>,
}

/// One text, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
enum Texts {
    One(String),
    Several(Vec<String>),
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Texts::deserialize(deserializer).map(|texts| match texts {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}

impl RouteConfig {
    /// One, or the two of a preset.
    fn routes(self) -> Result<Vec<Route>, String> {
        if self.spool.is_none() && self.spool_bytes.is_some() {
            return Err("spool-bytes needs the directory: give spool as well".to_owned());
        }
        let Some(preset) = self.preset else {
            let name = self.name.clone().ok_or("it has no name; give it one, or a preset")?;
            let route = if self.skip { Route::skip(name) } else { Route::new(name) };
            return Ok(vec![self.complete(route)]);
        };
        let own = [&self.suffix, &self.keys, &self.regex].iter().any(|given| !given.is_empty());
        if own || self.skip || self.name.is_some() || self.decoder.is_some() {
            return Err(format!(
                "the preset {preset} says its name, keys and decoder; leave out name, skip, \
                 suffix, keys, regex and decoder, or the preset"
            ));
        }
        let beside = preset.by_products().map(|route| self.within(route));
        let files = self.complete(preset.route());
        Ok(beside.into_iter().chain([files]).collect())
    }

    fn within(&self, route: Route) -> Route {
        let route = self.bucket.iter().fold(route, Route::bucket);
        self.prefix.iter().fold(route, Route::prefix)
    }

    fn complete(self, route: Route) -> Route {
        let mut route = self.within(route);
        route = self.suffix.into_iter().fold(route, Route::suffix);
        route = self.keys.into_iter().fold(route, Route::keys);
        route = self.regex.into_iter().fold(route, Route::regex);
        if self.min_size.is_some() || self.max_size.is_some() {
            route = route.size(self.min_size.unwrap_or(0)..=self.max_size.unwrap_or(u64::MAX));
        }
        if let Some(decoder) = self.decoder {
            route = route.decoder(decoder);
        }
        if let Some(names) = self.processors {
            route = route.processors(names);
        }
        if let Some(bytes) = self.record_bytes {
            route = route.record_bytes(bytes);
        }
        if let Some(bytes) = self.object_bytes {
            route = route.object_bytes(bytes);
        }
        if let Some(ratio) = self.compression_ratio {
            route = route.compression_ratio(ratio);
        }
        if let Some(records) = self.failed_records {
            route = route.failed_records(records);
        }
        if let Some(missing) = ends::missing(self.after_success.as_ref(), self.missing) {
            route = route.missing(missing);
        }
        if let Some(dir) = &self.spool {
            route = route.spool(ends::spool(dir, self.spool_bytes));
        }
        match self.after_success {
            Some(finish) => route.finish(finish),
            None => route,
        }
    }
}

fn preset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Preset>, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map(Some).map_err(serde::de::Error::custom)
}

fn decoder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        route: Vec<RouteConfig>,
    }

    fn refused(text: &str) -> String {
        match toml::from_str::<File>(text) {
            Err(error) => error.to_string(),
            Ok(file) => {
                let args = RouteArgs {
                    presets: Vec::new(),
                    only_prefixes: Vec::new(),
                    skip_suffixes: Vec::new(),
                    unmatched: None,
                };
                let applied = args.apply(s3_sqs_processor::Pipeline::builder(), &file.route);
                applied.expect_err(text).to_string()
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_route_is_said_with_its_line_or_number() {
        for (text, expected) in [
            ("name = \"a\"\nprefixes = \"b\"\n", &["line 3", "`prefixes`", "`prefix`"][..]),
            ("prefix = \"b\"\n", &["route 1", "it has no name"]),
            ("preset = \"trail\"\n", &["line 2", "trail", "cloudtrail"]),
            ("preset = \"waf\"\nskip = true\n", &["route 1", "leave out name, skip"]),
            ("name = \"a\"\ndecoder = \"cvs\"\n", &["line 3", "cvs", "lines"]),
            ("name = \"a\"\nkeys = 1\n", &["line 3", "a text or a list of texts"]),
            ("name = \"a\"\nafter-success = \"burn\"\n", &["line 3", "keep, delete"]),
            ("name = \"a\"\nmissing = \"maybe\"\n", &["line 3", "`fail`", "`done`"]),
            ("name = \"a\"\nspool-bytes = 1\n", &["route 1", "give spool"]),
        ] {
            let text = format!("[[route]]\n{text}");
            let refused = refused(&text);
            for expected in expected {
                assert!(refused.contains(expected), "{text}: {refused}");
            }
        }
    }
}

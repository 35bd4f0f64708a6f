//! Which objects `pipeline run` takes, and what it does with them.

use crate::{
    ends::{self, OnMissing},
    error::Error,
};
use clap::{Args, builder::NonEmptyStringValueParser};
use s3_sqs_processor::{Builder, Finish, Format, Preset, Route, Unmatched};
use serde::{Deserialize, Deserializer};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
#[command(next_help_heading = "Which files")]
pub(crate) struct RouteArgs {
    /// A TOML file with routes: which keys go to which decoder and sinks, and which are skipped
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["presets", "only_prefixes", "skip_suffixes"])]
    config: Option<PathBuf>,
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
}

impl RouteArgs {
    /// # Errors
    /// If the file cannot be read, or is not understood: with its name and the line.
    pub(crate) fn apply(&self, builder: Builder) -> Result<Builder, Error> {
        match &self.config {
            Some(path) => Config::read(path)?.apply(builder, path),
            None => Ok(self.apply_flags(builder)),
        }
    }

    fn apply_flags(&self, mut builder: Builder) -> Builder {
        let Self { presets, only_prefixes, skip_suffixes, .. } = self;
        if presets.is_empty() && only_prefixes.is_empty() && skip_suffixes.is_empty() {
            return builder;
        }
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

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    #[serde(default)]
    unmatched: UnmatchedIs,
    #[serde(default)]
    route: Vec<RouteConfig>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnmatchedIs {
    #[default]
    Keep,
    Skip,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouteConfig {
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

impl Config {
    fn read(path: &Path) -> Result<Self, Error> {
        let unread = || Error::new(format!("cannot read the configuration {}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| unread().because(error))?;
        toml::from_str(&text)
            .map_err(|error| Error::new(format!("in {}: {}", path.display(), error).trim_end()))
    }

    fn apply(self, builder: Builder, path: &Path) -> Result<Builder, Error> {
        if self.route.is_empty() {
            return Err(Error::new(format!(
                "in {}: there is no route; begin one with a line [[route]]",
                path.display()
            )));
        }
        let unmatched = match self.unmatched {
            UnmatchedIs::Keep => Unmatched::Keep,
            UnmatchedIs::Skip => Unmatched::Skip,
        };
        let mut builder = builder.unmatched(unmatched);
        for (at, route) in self.route.into_iter().enumerate() {
            let routes = route.routes().map_err(|problem| {
                Error::new(format!("in {}: route {}: {problem}", path.display(), at + 1))
            })?;
            builder = routes.into_iter().fold(builder, Builder::route);
        }
        Ok(builder)
    }
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

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("routes.toml");
        fs::write(&path, text).unwrap();
        let applied = Config::read(&path)
            .and_then(|config| config.apply(s3_sqs_processor::Pipeline::builder(), &path));
        applied.expect_err(text).to_string()
    }

    #[test]
    fn what_is_wrong_is_said_with_file_line_key_and_what_is_allowed() {
        for (text, expected) in [
            ("", &["routes.toml", "begin one with a line [[route]]"][..]),
            ("[[route]]\nname = \"a\"\nprefixes = \"b\"\n", &["line 3", "`prefixes`", "`prefix`"]),
            ("[[route]]\nprefix = \"b\"\n", &["route 1", "it has no name"]),
            ("[[route]]\npreset = \"trail\"\n", &["line 2", "trail", "cloudtrail"]),
            ("[[route]]\npreset = \"waf\"\nskip = true\n", &["route 1", "leave out name, skip"]),
            ("[[route]]\nname = \"a\"\ndecoder = \"cvs\"\n", &["line 3", "cvs", "lines"]),
            ("[[route]]\nname = \"a\"\nkeys = 1\n", &["line 3", "a text or a list of texts"]),
            ("[[route]]\nname = \"a\"\nafter-success = \"burn\"\n", &["line 3", "keep, delete"]),
            ("[[route]]\nname = \"a\"\nmissing = \"maybe\"\n", &["line 3", "`fail`", "`done`"]),
            ("[[route]]\nname = \"a\"\nspool-bytes = 1\n", &["route 1", "give spool"]),
            ("unmatched = \"drop\"\n", &["line 1", "`keep`", "`skip`"]),
            ("[[route]\n", &["line 1", "routes.toml"]),
        ] {
            let refused = refused(text);
            for expected in expected {
                assert!(refused.contains(expected), "{text}: {refused}");
            }
        }
    }
}

use crate::routes::RouteConfig;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use toml::{Spanned, Value};

const ROUTE: &str = "route";

/// What the file says, with where it says it.
#[derive(Debug, Default)]
pub(super) struct File {
    values: BTreeMap<String, FileValue>,
    routes: Vec<RouteConfig>,
    routes_value: Option<Value>,
}

#[derive(Debug)]
pub(super) struct FileValue {
    pub(super) value: Value,
    pub(super) line: usize,
    path: PathBuf,
}

impl FileValue {
    /// What an error begins with.
    pub(super) fn place(&self, key: &str) -> String {
        format!("in {}: line {}: {key}", self.path.display(), self.line)
    }
}

/// Routes have keys of their own.
#[derive(Deserialize)]
struct Routes {
    #[serde(default)]
    route: Vec<RouteConfig>,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| format!("cannot read the configuration {shown}: {error}"))?;
        let wrong = |error: toml::de::Error| format!("in {shown}: {error}").trim_end().to_owned();
        let all: BTreeMap<String, Spanned<Value>> = toml::from_str(&text).map_err(wrong)?;
        let values = all.into_iter().map(|(key, value)| {
            let line = text[..value.span().start].lines().count().max(1);
            // The text before a value ends within its line, unless the value begins it.
            let line = line + usize::from(text[..value.span().start].ends_with('\n'));
            (key, FileValue { value: value.into_inner(), line, path: path.to_owned() })
        });
        let mut values: BTreeMap<_, _> = values.collect();
        let routes_value = match values.remove(ROUTE) {
            Some(routes) if !routes.value.is_array() => {
                return Err(format!(
                    "{}: a route begins with a line [[route]]",
                    routes.place(ROUTE)
                ));
            }
            routes => routes.map(|routes| routes.value),
        };
        let routes = toml::from_str::<Routes>(&text).map_err(wrong)?.route;
        Ok(Self { values, routes, routes_value })
    }

    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &FileValue)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn routes(&self) -> &[RouteConfig] {
        &self.routes
    }

    pub(super) fn routes_text(&self) -> String {
        let Some(routes) = &self.routes_value else { return String::new() };
        let table = BTreeMap::from([(ROUTE, routes)]);
        toml::to_string(&table).map(|text| format!("\n{text}")).unwrap_or_default()
    }
}

use super::file::FileValue;
use clap::{
    Arg, ArgAction, Command,
    error::{ContextKind, ContextValue},
};
use std::{
    error::Error as _,
    ffi::{OsStr, OsString},
    path::Path,
};
use toml::Value;

/// A key and its values.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    values: Vec<OsString>,
    kind: Kind,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Switch,
    One,
    Several,
}

#[derive(Debug)]
pub(super) enum Origin {
    Flag,
    Variable(String),
    /// A line of the file, and what an error about it begins with.
    File(usize, String),
    Default,
}

impl Setting {
    pub(super) fn new(arg: &Arg, key: &str, values: Vec<OsString>, origin: Origin) -> Self {
        let kind = match arg.get_action() {
            ArgAction::SetTrue => Kind::Switch,
            ArgAction::Append => Kind::Several,
            _ => Kind::One,
        };
        Self { key: key.to_owned(), values, kind, origin }
    }

    /// A list has one value a line: what else could part them may be in a path.
    pub(super) fn of_variable(arg: &Arg, key: &str, variable: &str, value: &OsStr) -> Self {
        let setting = Self::new(arg, key, Vec::new(), Origin::Variable(variable.to_owned()));
        let values = match (setting.kind, value.to_str()) {
            (Kind::Several, Some(text)) => text.lines().map(OsString::from).collect(),
            _ => vec![value.to_owned()],
        };
        Self { values, ..setting }
    }

    pub(super) fn of_file(arg: &Arg, key: &str, value: &FileValue) -> Result<Self, String> {
        let origin = Origin::File(value.line, value.place(key));
        let setting = Self::new(arg, key, Vec::new(), origin);
        let texts = match &value.value {
            Value::Array(values) if setting.kind == Kind::Several => {
                values.iter().map(text).collect()
            }
            Value::Array(_) => {
                return Err(format!("{}: it takes one value, not a list", value.place(key)));
            }
            one => text(one).map(|text| vec![text]),
        };
        let Some(values) = texts else {
            return Err(format!(
                "{}: it takes a text, a number, true or false, or a list of texts",
                value.place(key)
            ));
        };
        Ok(Self { values, ..setting })
    }

    pub(super) fn of_default(arg: &Arg, key: &str) -> Option<Self> {
        let values: Vec<_> = arg.get_default_values().iter().map(OsString::from).collect();
        let setting = Self::new(arg, key, values, Origin::Default);
        (setting.kind != Kind::Switch && !setting.values.is_empty()).then_some(setting)
    }

    pub(super) fn path(&self) -> &Path {
        Path::new(self.values.first().map_or(OsStr::new(""), OsString::as_os_str))
    }

    pub(super) fn arguments(&self) -> Vec<OsString> {
        let flag = format!("--{}", self.key);
        match (self.kind, self.is_off()) {
            (Kind::Switch, true) => Vec::new(),
            (Kind::Switch, false) => vec![flag.into()],
            (Kind::One | Kind::Several, _) => {
                let with = |value: &OsString| {
                    let mut argument = OsString::from(format!("{flag}="));
                    argument.push(value);
                    argument
                };
                self.values.iter().map(with).collect()
            }
        }
    }

    /// A switch of the command line is on by being there.
    fn is_off(&self) -> bool {
        !matches!(self.origin, Origin::Flag) && self.values == ["false"]
    }

    pub(super) fn check(&self, command: &Command) -> Result<(), String> {
        let place = match &self.origin {
            // It was understood already.
            Origin::Flag | Origin::Default => return Ok(()),
            Origin::Variable(name) => name,
            Origin::File(_, place) => place,
        };
        if self.kind == Kind::Switch && !self.is_off() && self.values != ["true"] {
            return Err(format!("{place}: it takes true or false"));
        }
        let name = OsString::from(command.get_name());
        let line = std::iter::once(name).chain(self.arguments());
        let Err(error) = command.clone().try_get_matches_from(line) else { return Ok(()) };
        let values: Vec<_> = self.values.iter().map(|value| value.to_string_lossy()).collect();
        Err(format!("{place}: `{}`: {}", values.join("`, `"), why(&error)))
    }

    /// As a line of a file.
    pub(super) fn line(&self) -> String {
        let values = self.values.iter().map(|value| {
            let text = value.to_string_lossy();
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            number.map_or_else(|| Value::String(text.into_owned()), Value::Integer).to_string()
        });
        let values: Vec<_> = values.collect();
        let value = match self.kind {
            Kind::Switch => (!self.is_off()).to_string(),
            Kind::One => values.concat(),
            Kind::Several => format!("[{}]", values.join(", ")),
        };
        let origin = match &self.origin {
            Origin::Flag => "a flag",
            Origin::Variable(name) => name,
            Origin::File(line, _) => &format!("line {line}"),
            Origin::Default => "the default",
        };
        format!("{} = {value}  # {origin}\n", self.key)
    }
}

fn text(value: &Value) -> Option<OsString> {
    Some(match value {
        Value::String(text) => text.into(),
        Value::Integer(number) => number.to_string().into(),
        Value::Float(number) => number.to_string().into(),
        Value::Boolean(is_so) => is_so.to_string().into(),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => return None,
    })
}

/// What clap says against a value, without the words about flags.
fn why(error: &clap::Error) -> String {
    if let Some(ContextValue::Strings(allowed)) = error.get(ContextKind::ValidValue)
        && !allowed.is_empty()
    {
        return format!("it takes {}", allowed.join(", "));
    }
    match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

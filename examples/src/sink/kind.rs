use std::{path::PathBuf, str::FromStr};

/// What `--sink` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SinkKind {
    Null,
    Stdout,
    Jsonl(PathBuf),
    Sqlite(PathBuf),
}

impl SinkKind {
    /// The processor's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Stdout => "stdout",
            Self::Jsonl(_) => "jsonl",
            Self::Sqlite(_) => "sqlite",
        }
    }
}

/// A sink and what its processor is called: `[NAME=]KIND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedSink {
    pub(crate) name: String,
    pub(crate) kind: SinkKind,
}

impl FromStr for NamedSink {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let (name, kind) = match text.split_once('=') {
            Some((name, kind)) if is_name(name) => (Some(name), kind),
            _ => (None, text),
        };
        let kind: SinkKind = kind.parse()?;
        Ok(Self { name: name.unwrap_or(kind.name()).to_owned(), kind })
    }
}

impl FromStr for SinkKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, path) =
            text.split_once(':').map_or((text, None), |(kind, path)| (kind, Some(path)));
        match (kind, path) {
            ("null", None) => Ok(Self::Null),
            ("stdout", None) => Ok(Self::Stdout),
            ("jsonl", Some(path)) if !path.is_empty() => Ok(Self::Jsonl(path.into())),
            ("sqlite", Some(path)) if path.starts_with("file:") || path.contains(":memory:") => {
                Err("records in memory do not outlast the process: give the path of a file".into())
            }
            ("sqlite", Some(path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            ("jsonl" | "sqlite", _) => Err(format!("it needs a path: {kind}:PATH")),
            _ => Err("there are null, stdout, jsonl:PATH and sqlite:PATH".to_owned()),
        }
    }
}

use std::fmt;

/// Why [`Builder::build`](crate::Builder::build) refused: the text names the setting, its value and
/// what it must be.
#[derive(Debug)]
pub struct BuildError {
    kind: BuildErrorKind,
    message: String,
}

/// What kind of setting was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// No queue URL was given, it is none, or it names a queue that cannot work (FIFO).
    Queue,
    /// No processor was given, two have the same name, or one's settings are out of bounds.
    Processor,
    /// A lease, limit or time-out is out of bounds.
    Setting,
    /// A route cannot work, or no object comes to it.
    Route,
}

impl BuildError {
    pub(crate) fn new(kind: BuildErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What kind of setting was refused.
    pub fn kind(&self) -> BuildErrorKind {
        self.kind
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuildError {}

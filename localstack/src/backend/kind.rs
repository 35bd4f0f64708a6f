//! Which local AWS.

use std::fmt;
use std::str::FromStr;

/// Which local AWS to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendKind {
    /// The one in this process: starts at once, strict, can inject faults.
    Embedded,
    /// LocalStack, from Docker or from a Python environment.
    LocalStack,
    /// ministack, from a Python environment.
    MiniStack,
}

impl BackendKind {
    /// Every kind, for suites that run on all of them.
    pub const ALL: [BackendKind; 3] =
        [BackendKind::Embedded, BackendKind::LocalStack, BackendKind::MiniStack];

    /// The name that [`FromStr`] reads.
    pub const fn name(self) -> &'static str {
        match self {
            BackendKind::Embedded => "embedded",
            BackendKind::LocalStack => "localstack",
            BackendKind::MiniStack => "ministack",
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BackendKind {
    type Err = ParseBackendKindError;

    fn from_str(name: &str) -> Result<Self, ParseBackendKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| ParseBackendKindError(name.to_owned()))
    }
}

/// A name that is no [`BackendKind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseBackendKindError(String);

impl fmt::Display for ParseBackendKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = BackendKind::ALL.map(BackendKind::name).join(", ");
        write!(f, "no local AWS is called {:?} (known: {known})", self.0)
    }
}

impl std::error::Error for ParseBackendKindError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in BackendKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let unknown = "moto".parse::<BackendKind>().unwrap_err().to_string();
        assert_eq!(
            unknown,
            "no local AWS is called \"moto\" (known: embedded, localstack, ministack)"
        );
    }
}

use std::fmt;

/// How requests, or records, fail during an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum OutageClass {
    /// No answer, or a fault of the service.
    Unreachable,
    /// The service asks for less.
    Throttled,
    /// Not allowed, by a policy or by the key that objects are encrypted with.
    Denied,
    /// The credentials are missing, expired or wrong.
    Credentials,
    /// A processor's records fail with errors that may pass, or take too long.
    Failing,
    /// A disk is full, or cannot be written or read.
    Disk,
}

impl fmt::Display for OutageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Credentials => "no valid credentials",
            Self::Failing => "failing",
            Self::Disk => "disk full or out of order",
        })
    }
}

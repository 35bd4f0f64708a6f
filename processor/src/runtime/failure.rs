use crate::error::ProcessError;
use std::{fmt, time::Duration};

/// Why a record failed for one processor.
pub(crate) enum Failure {
    Error(ProcessError),
    Panic(String),
    TimedOut(Duration),
    Refused(String),
}

impl Failure {
    /// Whether it may be due to what the processor depends on, and pass.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Error(error) => !error.is_reject(),
            Self::TimedOut(_) => true,
            Self::Panic(_) | Self::Refused(_) => false,
        }
    }

    /// The processor's own error, if it was one.
    pub(crate) fn error(&self) -> Option<&ProcessError> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "{error}"),
            Self::Panic(message) => write!(f, "panicked: {message}"),
            Self::TimedOut(timeout) => write!(f, "took longer than {timeout:?}"),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

use crate::error::ProcessError;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// So many characters of an error that is not ours are shown.
const LONGEST: usize = 1_000;

/// Why a record failed for one processor.
pub(crate) enum Failure {
    Error(ProcessError),
    Panic(String),
    TimedOut(Duration),
    Refused(String),
    /// Its acknowledgement was dropped.
    Dropped,
}

impl Failure {
    /// Whether it may be due to what the processor depends on, and pass.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Error(error) => !error.is_reject(),
            Self::TimedOut(_) => true,
            Self::Panic(_) | Self::Refused(_) | Self::Dropped => false,
        }
    }

    /// As it is shown: no longer than is logged, because it may repeat a whole record. The error is
    /// the user's: if showing it panics, the verdict is counted all the same.
    pub(crate) fn text(&self) -> String {
        let text = catch_unwind(AssertUnwindSafe(|| self.to_string()));
        let mut text = text.unwrap_or_else(|_| "(its display panicked)".into());
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
        }
        text
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
            Self::Dropped => f.write_str("its acknowledgement was dropped without a verdict"),
        }
    }
}

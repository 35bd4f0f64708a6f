//! The one error of this program: a sentence for people, and what caused it.

use std::{error, fmt};

/// Why a command ended early. Its text is all that is shown.
#[derive(Debug)]
pub(crate) struct Error {
    message: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
    /// Shown before it.
    before: Option<String>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None, before: None }
    }

    /// Adds the cause.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }
}

impl Error {
    /// What is shown first: how far it came.
    pub(crate) fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// Shows these lines first.
    #[must_use]
    pub(crate) fn after(self, before: String) -> Self {
        Self { before: Some(before), ..self }
    }
}

/// The message and its causes in one line, each once.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) if self.message.is_empty() => f.write_str(&chain(source.as_ref())),
            Some(source) => write!(f, "{}: {}", self.message, chain(source.as_ref())),
            None => f.write_str(&self.message),
        }
    }
}

impl error::Error for Error {}

/// An error and its causes. Many errors repeat their cause in their own text; it is shown once.
pub(crate) fn chain(error: &dyn error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Errors whose own text names the thing and the way out.
macro_rules! speaks_for_itself {
    ($($error:ty),*) => { $(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::new(error.to_string())
            }
        }
    )* };
}

speaks_for_itself!(
    s3_sqs_processor::BuildError,
    s3_sqs_processor::RunError,
    s3_sqs_processor::provision::ProvisionError,
    local_aws::BackendError
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_shown_once_and_nothing_is_a_debug_dump() {
        let cause = std::io::Error::other(Error::new("disk full"));
        let error = Error::new("cannot write `x`").because(cause);
        assert_eq!(error.to_string(), "cannot write `x`: disk full");
    }
}

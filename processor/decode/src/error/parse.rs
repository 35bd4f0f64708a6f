use std::{error::Error, fmt};

/// A text that stands for no decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFormatError {
    given: String,
    problem: String,
}

impl ParseFormatError {
    pub(crate) fn new(given: &str, problem: impl Into<String>) -> Self {
        Self { given: given.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is {}", self.given, self.problem)
    }
}

impl Error for ParseFormatError {}

use serde_json::error::Category;
use std::fmt;

/// Why a record's JSON could not be read as what was wanted.
///
/// It says where, and nothing of what is in the record: it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    problem: Problem,
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Syntax,
    Data,
    Eof,
}

impl JsonError {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let problem = match error.classify() {
            Category::Data => Problem::Data,
            Category::Eof => Problem::Eof,
            Category::Syntax | Category::Io => Problem::Syntax,
        };
        Self { problem, line: error.line(), column: error.column() }
    }

    /// The line of the record, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// It is JSON, but not of the wanted type: a field is missing, or has another type.
    pub fn is_data(&self) -> bool {
        self.problem == Problem::Data
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        f.write_str(match self.problem {
            Problem::Syntax => "the record is no JSON",
            Problem::Data => "the record's JSON is not of the expected type",
            Problem::Eof => "the record's JSON ends too early",
        })?;
        write!(f, ", at line {line} column {column}")
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_55_an_error_says_where_and_shows_nothing() {
        let error = |text: &str| {
            JsonError::of(&serde_json::from_str::<Vec<u8>>(text).expect_err(text)).to_string()
        };
        for (text, expected) in [
            ("[1,\n\"secret\"]", "not of the expected type, at line 2 column 8"),
            ("[secret]", "the record is no JSON, at line 1 column 2"),
            ("[1,", "the record's JSON ends too early, at line 1 column 3"),
        ] {
            let said = error(text);
            assert!(said.contains(expected) && !said.contains("secret"), "{said}");
        }
    }
}

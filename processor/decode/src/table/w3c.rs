//! Log files in the W3C extended format, as CloudFront writes them.

use super::{Next, Rows, Wrong, table, text::write_string};
use crate::{
    built_in::BuiltIn,
    error::DecodeErrorKind,
    frame::{csv::another_width, lines::Lines},
};
use memchr::memchr;

/// Each line of a log file in the W3C extended format as a JSON object: its names are those that
/// the line `#Fields:` before it says, and all values are strings. CloudFront writes such files.
///
/// Values are parted by tabs, or by spaces in lines without a tab. Other lines that begin with `#`
/// are no records, and are passed over. A line with more or fewer values than names fails the
/// object, and so does one before any `#Fields:`.
pub fn w3c_log() -> BuiltIn {
    table("w3c", || Lines, W3cRows::default)
}

#[derive(Default)]
pub(crate) struct W3cRows {
    names: Vec<String>,
    has_row: bool,
    comments: u64,
}

impl Rows for W3cRows {
    fn begin(&mut self, record: &[u8]) -> Result<(), Wrong> {
        self.has_row = record.first() != Some(&b'#');
        if self.has_row {
            return match self.names.is_empty() {
                true => Err(Wrong::new("the line that begins comes before a line `#Fields:`")),
                false => Ok(()),
            };
        }
        self.comments += 1;
        if let Some(names) = record.strip_prefix(b"#Fields:") {
            self.names = text(names)?.split_whitespace().map(str::to_owned).collect();
            let twice =
                self.names.iter().enumerate().find(|(n, name)| self.names[..*n].contains(name));
            if let Some((_, name)) = twice {
                return Err(Wrong::new(format!("two fields are called `{name}`")));
            }
        }
        Ok(())
    }

    fn next(&mut self, record: &[u8], row: &mut Vec<u8>) -> Result<Next, Wrong> {
        if !std::mem::take(&mut self.has_row) {
            return Ok(Next::Nothing);
        }
        let delimiter = if memchr(b'\t', record).is_some() { '\t' } else { ' ' };
        let mut fields = 0;
        for value in text(record)?.split(delimiter) {
            if let Some(name) = self.names.get(fields) {
                row.push(if fields == 0 { b'{' } else { b',' });
                write_string(name.as_bytes(), row);
                row.push(b':');
                write_string(value.as_bytes(), row);
            }
            fields += 1;
        }
        row.push(b'}');
        if fields == self.names.len() {
            return Ok(Next::LastRow);
        }
        let detail = another_width(fields, self.names.len());
        Err(Wrong { at: 0, kind: DecodeErrorKind::Csv, detail })
    }

    fn lost(&mut self) -> Result<(), Wrong> {
        Err(Wrong::new("a line is larger than the limit on records, and may have named the fields"))
    }

    fn passed_over(&self) -> u64 {
        self.comments
    }
}

fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(bytes)
        .map_err(|_| Wrong::new("the line that begins is no UTF-8, which JSON has to be"))
}

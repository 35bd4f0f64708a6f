//! Rows of CSV as JSON objects.

use super::{
    Next, Rows, Wrong, table,
    text::{is_plain, write_escaped, write_string},
};
use crate::{
    built_in::BuiltIn,
    error::DecodeErrorKind,
    frame::csv::{Csv, another_width},
};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::memchr_iter;
use std::ops::Range;

/// Each row of comma-separated values (RFC 4180) as a JSON object: the fields of the first row are
/// its names, and all values are strings.
///
/// What a row is, and what fails the object, is as with [`csv_rows`](crate::csv_rows). So does a
/// header with a name twice, and text that is no UTF-8. A row's offset counts the bytes of the
/// objects before it.
pub fn csv() -> BuiltIn {
    rows("csv", b',')
}

/// As [`csv`], with tabs between fields.
pub fn tsv() -> BuiltIn {
    rows("tsv", b'\t')
}

/// VPC flow logs: as [`csv`], with spaces between fields.
pub fn vpc_flow_logs() -> BuiltIn {
    rows("vpc-flow", b' ')
}

fn rows(identity: &'static str, delimiter: u8) -> BuiltIn {
    table(identity, move || Csv::new(delimiter), move || CsvRows::new(delimiter))
}

pub(crate) struct CsvRows {
    delimiter: u8,
    reader: Reader,
    /// What stands before each value: the end of the one before, or a brace; the name, a colon and
    /// a quote. Empty before the header.
    names: Vec<Name>,
    names_length: usize,
    /// Where plain rows are written; it is never made shorter.
    wide: Vec<u8>,
    /// The fields of the row at hand, one behind the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    has_row: bool,
}

impl CsvRows {
    fn new(delimiter: u8) -> Self {
        // Lines were ended before; a `\r` elsewhere is a part of its field.
        let mut options = ReaderBuilder::new();
        let reader = options.delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self {
            delimiter,
            reader,
            names: Vec::new(),
            names_length: 0,
            wide: Vec::new(),
            fields: vec![0; 1_024],
            ends: vec![0; 32],
            count: 0,
            has_row: false,
        }
    }

    /// Writes a row that is [plain](is_plain): most are so, and their fields need no copy of their
    /// own.
    fn write_plain(&mut self, record: &[u8], row: &mut Vec<u8>) -> Result<(), Wrong> {
        let longest = self.names_length + record.len() + 2 * SHORT;
        if self.wide.len() < longest {
            self.wide.resize(longest, 0);
        }
        let (mut start, mut fields, mut at) = (0, 0, 0);
        let mut ends = memchr_iter(self.delimiter, record);
        for name in &self.names {
            let end = ends.next().unwrap_or(record.len());
            let value = start.min(end)..end;
            at = put(&mut self.wide, at, &name.padded, 0..name.length);
            at = put(&mut self.wide, at, record, value);
            fields += usize::from(start <= record.len());
            start = end + 1;
        }
        fields += if start <= record.len() { 1 + ends.count() } else { 0 };
        row.extend_from_slice(&self.wide[..at]);
        row.extend_from_slice(b"\"}");
        self.check(fields)
    }

    /// Whether the row has so many fields as the header.
    fn check(&self, fields: usize) -> Result<(), Wrong> {
        let width = self.names.len();
        if fields == width {
            return Ok(());
        }
        Err(Wrong { at: 0, kind: DecodeErrorKind::Csv, detail: another_width(fields, width) })
    }

    /// Splits a row into its fields.
    fn split(&mut self, record: &[u8]) {
        let (mut rest, mut written) = (record, 0);
        self.count = 0;
        let mut end = &b"\n"[..];
        loop {
            let source = if rest.is_empty() { &mut end } else { &mut rest };
            let (result, read, wrote, ended) = self.reader.read_record(
                source,
                &mut self.fields[written..],
                &mut self.ends[self.count..],
            );
            *source = &source[read..];
            written += wrote;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return,
            }
        }
    }

    fn field(&self, at: usize) -> Result<&[u8], Wrong> {
        let start = if at > 0 { self.ends[at - 1] } else { 0 };
        let field = &self.fields[start..self.ends[at]];
        match std::str::from_utf8(field) {
            Ok(_) => Ok(field),
            Err(_) => Err(Wrong::new(format!(
                "field {} of the row that begins is no UTF-8, which JSON has to be: store it as \
                 UTF-8, or use the decoder csv:rows or tsv:rows",
                at + 1
            ))),
        }
    }

    fn set_names(&mut self) -> Result<(), Wrong> {
        for at in 0..self.count {
            let mut name = if at > 0 { b"\",".to_vec() } else { b"{".to_vec() };
            let front = name.len();
            write_string(self.field(at)?, &mut name);
            name.extend_from_slice(b":\"");
            let mut earlier = self.names.iter();
            if earlier.any(|earlier| earlier.quoted() == &name[front..]) {
                let shown = String::from_utf8_lossy(self.field(at)?).into_owned();
                return Err(Wrong::new(format!("two fields of the header are called `{shown}`")));
            }
            self.names_length += name.len();
            self.names.push(Name::new(name, front));
        }
        Ok(())
    }
}

/// What stands before a value.
struct Name {
    /// With zero bytes behind it.
    padded: Vec<u8>,
    length: usize,
    /// Where the name itself begins.
    front: usize,
}

impl Name {
    fn new(mut name: Vec<u8>, front: usize) -> Self {
        let length = name.len();
        name.resize(length.next_multiple_of(SHORT), 0);
        Self { padded: name, length, front }
    }

    /// The name, and what follows it.
    fn quoted(&self) -> &[u8] {
        &self.padded[self.front..self.length]
    }
}

/// So many bytes are copied at once where there may be fewer: a call for each short field would
/// take longer.
const SHORT: usize = 16;

/// Copies a part of `from` to `at`, behind which there is room for more. Where it ends.
#[inline(always)]
fn put(to: &mut [u8], at: usize, from: &[u8], part: Range<usize>) -> usize {
    let length = part.len();
    match from.get(part.start..part.start + SHORT) {
        Some(whole) if length <= SHORT => to[at..at + SHORT].copy_from_slice(whole),
        _ => to[at..at + length].copy_from_slice(&from[part]),
    }
    at + length
}

impl Rows for CsvRows {
    fn begin(&mut self, record: &[u8]) -> Result<(), Wrong> {
        self.has_row = !self.names.is_empty();
        if self.has_row {
            return Ok(());
        }
        self.split(record);
        self.set_names()
    }

    fn next(&mut self, record: &[u8], row: &mut Vec<u8>) -> Result<Next, Wrong> {
        if !std::mem::take(&mut self.has_row) {
            return Ok(Next::Nothing);
        }
        if is_plain(record, self.delimiter) {
            self.write_plain(record, row)?;
            return Ok(Next::LastRow);
        }
        self.split(record);
        self.check(self.count)?;
        for (at, name) in self.names.iter().enumerate() {
            row.extend_from_slice(&name.padded[..name.length]);
            write_escaped(self.field(at)?, row);
        }
        row.extend_from_slice(b"\"}");
        Ok(Next::LastRow)
    }

    fn lost(&mut self) -> Result<(), Wrong> {
        match self.names.is_empty() {
            true => Err(Wrong::new("the header is larger than the limit on records")),
            false => Ok(()),
        }
    }
}

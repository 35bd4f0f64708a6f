//! Rows of CSV (RFC 4180), and of what is like it with another delimiter.

use super::{BYTE_ORDER_MARK, Framer, Rest, Scan, Sink, Unframed, lines::without_cr};
use crate::{
    built_in::BuiltIn,
    error::{DecodeErrorKind, Detail},
};
use memchr::{memchr, memchr_iter, memchr2};

/// Each row of comma-separated values (RFC 4180) as it stands in the object: quotes and all,
/// without its line end. The header is a row like any other.
///
/// A row ends at `\n` or `\r\n`; quoted fields may have them inside. Empty lines are no rows, and a
/// byte order mark in front is no part of the first. All rows have as many fields as the first: one
/// that has not, a quote that is not closed, or text behind a closing quote fails the object.
pub fn csv_rows() -> BuiltIn {
    BuiltIn::framed("csv:rows", || Csv::new(b',').of_one_width())
}

/// As [`csv_rows`], with tabs between fields.
pub fn tsv_rows() -> BuiltIn {
    BuiltIn::framed("tsv:rows", || Csv::new(b'\t').of_one_width())
}

/// The framer's state between two slices.
#[derive(Debug)]
pub(crate) struct Csv {
    delimiter: u8,
    state: State,
    /// The byte before the next one, in the same row.
    before: Option<u8>,
    /// The row at hand has quoted fields.
    has_quotes: bool,
    /// Whether all rows must have as many fields as the first.
    is_counted: bool,
    /// How many fields that has.
    width: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// At the start of the object, behind so many bytes of a byte order mark.
    Start(usize),
    Unquoted,
    Quoted,
    /// Behind a quote in a quoted field: the first of two, or the last.
    Quote,
    /// Behind a `\r` after a quoted field.
    CarriageReturn,
}

impl Csv {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            state: State::Start(0),
            before: None,
            has_quotes: false,
            is_counted: false,
            width: None,
        }
    }

    /// The same, for rows that nobody else counts the fields of.
    fn of_one_width(self) -> Self {
        Self { is_counted: true, ..self }
    }

    /// Looks on from `at` to the end of the row: where its `\n` stands.
    fn end_of_row(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        open: &mut usize,
    ) -> Result<Option<usize>, Unframed> {
        while *at < bytes.len() {
            let byte = bytes[*at];
            match self.state {
                State::Start(seen) if byte == BYTE_ORDER_MARK[seen] => {
                    *at += 1;
                    self.state = State::Start(seen + 1);
                    if seen + 1 == BYTE_ORDER_MARK.len() {
                        *open = *at;
                        self.state = State::Unquoted;
                    }
                }
                State::Start(_) => self.state = State::Unquoted,
                State::Unquoted => {
                    let row = &bytes[*at..];
                    let Some(found) = memchr2(b'"', b'\n', row) else {
                        self.before = row.last().copied();
                        *at = bytes.len();
                        return Ok(None);
                    };
                    *at += found + 1;
                    if row[found] == b'\n' {
                        return Ok(Some(*at - 1));
                    }
                    let before = if found > 0 { Some(row[found - 1]) } else { self.before };
                    self.before = Some(b'"');
                    // In the middle of a field it is text.
                    if before.is_none_or(|before| before == self.delimiter) {
                        (self.state, self.has_quotes) = (State::Quoted, true);
                    }
                }
                State::Quoted => {
                    let Some(found) = memchr(b'"', &bytes[*at..]) else {
                        *at = bytes.len();
                        return Ok(None);
                    };
                    *at += found + 1;
                    self.state = State::Quote;
                }
                State::Quote | State::CarriageReturn => {
                    let next = match (self.state, byte) {
                        (_, b'\n') => {
                            self.state = State::Unquoted;
                            *at += 1;
                            return Ok(Some(*at - 1));
                        }
                        (State::Quote, b'"') => State::Quoted,
                        (State::Quote, b'\r') => State::CarriageReturn,
                        (State::Quote, byte) if byte == self.delimiter => {
                            self.before = Some(byte);
                            State::Unquoted
                        }
                        _ => {
                            let text = "text behind a closing quote";
                            return Err(Unframed {
                                kind: DecodeErrorKind::Csv,
                                at: *at,
                                open: *open,
                                detail: Detail::Text(text),
                            });
                        }
                    };
                    self.state = next;
                    *at += 1;
                }
            }
        }
        Ok(None)
    }

    /// Whether the row has as many fields as the first.
    fn check(&mut self, row: &[u8]) -> Result<(), Detail> {
        if !self.is_counted {
            return Ok(());
        }
        let fields = self.fields(row);
        let width = *self.width.get_or_insert(fields);
        if fields == width { Ok(()) } else { Err(another_width(fields, width)) }
    }

    fn fields(&self, row: &[u8]) -> usize {
        if !self.has_quotes {
            return 1 + memchr_iter(self.delimiter, row).count();
        }
        let (mut rest, mut fields) = (row, 1);
        loop {
            if rest.first() == Some(&b'"') {
                rest = behind_quoted(rest);
            }
            match memchr(self.delimiter, rest) {
                Some(at) => rest = &rest[at + 1..],
                None => return fields,
            }
            fields += 1;
        }
    }
}

/// A row does not have as many fields as the first.
pub(crate) fn another_width(fields: usize, width: usize) -> Detail {
    Detail::Said(format!(" (fields: {fields}, of the first row: {width})").into())
}

/// What follows the quoted field in front.
fn behind_quoted(row: &[u8]) -> &[u8] {
    let mut at = 1;
    while let Some(quote) = memchr(b'"', &row[at..]) {
        at += quote + 1;
        match row.get(at) {
            // The first of two stands for one.
            Some(b'"') => at += 1,
            _ => return &row[at..],
        }
    }
    &[]
}

impl Framer for Csv {
    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        mut open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        let mut at = from;
        while let Some(end) = self.end_of_row(bytes, &mut at, &mut open)? {
            let row = without_cr(&bytes[open..end]);
            let start = std::mem::replace(&mut open, at);
            // The rest of a row that is passed over may be empty, and ends all the same.
            let is_blank = row.is_empty() && !sink.skipping;
            if !is_blank {
                if sink.take(start, start + row.len()).is_err() {
                    (self.before, self.has_quotes) = (None, false);
                    return Ok(Scan { upto: at, open: at, refused: Some(start) });
                }
                if let Err(detail) = self.check(row) {
                    sink.spans.pop();
                    let kind = DecodeErrorKind::Csv;
                    return Err(Unframed { kind, at: start, open: start, detail });
                }
            }
            (self.before, self.has_quotes) = (None, false);
        }
        Ok(Scan { upto: at, open, refused: None })
    }

    /// A row's last `\r`.
    fn slack(&self) -> usize {
        1
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        let row = without_cr(open);
        let rest = match self.state {
            State::Quoted => Rest::Partial,
            _ if row.is_empty() => Rest::Nothing,
            _ => match self.check(row) {
                Ok(()) => Rest::Record,
                Err(detail) => Rest::Unframed(DecodeErrorKind::Csv, detail),
            },
        };
        (rest, row)
    }
}

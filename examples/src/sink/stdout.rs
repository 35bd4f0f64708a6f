use super::{line, row::Row, store::Store};
use crate::error::Error;
use std::{
    io::{self, Write as _},
    sync::Arc,
};
use tokio::sync::Notify;

/// Writes one line per record to stdout. A record counts as done when the line was handed over.
pub(super) struct Stdout {
    lines: Vec<u8>,
    closed: Arc<Notify>,
}

impl Stdout {
    pub(super) fn new(closed: Arc<Notify>) -> Self {
        Self { lines: Vec::new(), closed }
    }
}

impl Store for Stdout {
    fn write(&mut self, rows: &[Row<'_>]) -> Result<(), Error> {
        self.lines.clear();
        for row in rows {
            line::append(&mut self.lines, row);
        }
        let mut out = io::stdout().lock();
        out.write_all(&self.lines).and_then(|()| out.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                self.closed.notify_one();
            }
            Error::new("cannot write to stdout").because(error)
        })
    }
}

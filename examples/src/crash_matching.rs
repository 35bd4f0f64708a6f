//! A processor that ends the process on purpose, to see what a crash does to other records.

use memchr::memmem::Finder;
use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
use std::io::Write as _;

/// Aborts the process when it is handed a record that contains a text.
pub(crate) struct CrashMatching {
    text: Finder<'static>,
}

impl CrashMatching {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: Finder::new(text).into_owned() }
    }
}

impl RecordProcessor for CrashMatching {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        if self.text.find(record.payload()).is_none() {
            return Ok(());
        }
        // Not through the log, whose thread would not come to write it.
        let (object, id) = (record.object(), record.id());
        writeln!(std::io::stderr(), "crash: made to abort by --crash-matching: {object}, {id}")
            .ok();
        std::process::abort();
    }
}

use crate::{error::Error, live::Live};
use std::{
    io::{self, Write as _},
    time::Duration,
};

/// Without a terminal, progress is a line once in a while.
const PLAIN_EVERY: Duration = Duration::from_secs(1);

/// Stdout: lines that stay, and on a terminal, below them, lines that are redrawn.
pub(super) struct Screen {
    live: Live,
}

/// How far things are, for a terminal and for a log.
pub(super) struct Progress {
    pub(super) live: Vec<String>,
    pub(super) plain: String,
}

impl Screen {
    pub(super) fn stdout() -> Self {
        Self { live: Live::stdout(PLAIN_EVERY) }
    }

    /// Writes a line that stays.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Error> {
        self.live.above(|| write(line))
    }

    /// Shows how far things are.
    pub(super) fn progress(&mut self, progress: Progress) -> Result<(), Error> {
        if self.live.plain_is_due() {
            return write(&progress.plain);
        }
        self.live.draw(progress.live);
        Ok(())
    }

    /// Leaves the lines standing as they are; what follows comes below them.
    pub(super) fn settle(&mut self, last: &Progress) -> Result<(), Error> {
        if !self.live.is_shown() {
            return Ok(());
        }
        self.live = Live::hidden();
        last.live.iter().try_for_each(|line| write(line))
    }
}

fn write(line: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|error| Error::new("cannot write to stdout").because(error))
}

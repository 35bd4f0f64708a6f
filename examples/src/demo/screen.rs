use crate::error::Error;
use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// Without a terminal, progress is a line once in a while.
const PLAIN_EVERY: Duration = Duration::from_secs(1);

/// Stdout: lines that stay, and on a terminal, below them, lines that are redrawn.
pub(super) struct Screen {
    terminal: bool,
    live: Vec<String>,
    plain_at: Option<Instant>,
}

/// How far things are, for a terminal and for a log.
pub(super) struct Progress {
    pub(super) live: Vec<String>,
    pub(super) plain: String,
}

impl Screen {
    pub(super) fn stdout() -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        Self { terminal: io::stdout().is_terminal() && !dumb, live: Vec::new(), plain_at: None }
    }

    /// Writes a line that stays.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Error> {
        let mut text = self.clear();
        text.push_str(line);
        text.push('\n');
        text.push_str(&self.draw());
        write(&text)
    }

    /// Shows how far things are.
    pub(super) fn progress(&mut self, progress: Progress) -> Result<(), Error> {
        if self.terminal {
            let mut text = self.clear();
            self.live = progress.live;
            text.push_str(&self.draw());
            return write(&text);
        }
        let now = Instant::now();
        let due = *self.plain_at.get_or_insert(now + PLAIN_EVERY);
        if now < due {
            return Ok(());
        }
        self.plain_at = Some(now + PLAIN_EVERY);
        write(&format!("{}\n", progress.plain))
    }

    /// Leaves the live lines standing as they are; what follows comes below them.
    pub(super) fn settle(&mut self) {
        self.live.clear();
    }

    fn clear(&self) -> String {
        // Up to the first live line, then erase to the end of the screen.
        if self.live.is_empty() {
            String::new()
        } else {
            format!("\x1b[{}A\r\x1b[J", self.live.len())
        }
    }

    fn draw(&self) -> String {
        if self.live.is_empty() {
            return String::new();
        }
        // A line that wrapped would be two on the screen: cut them off instead.
        let mut text = String::from("\x1b[?7l");
        for line in &self.live {
            writeln!(text, "{line}").expect("writing to a string cannot fail");
        }
        text.push_str("\x1b[?7h");
        text
    }
}

fn write(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Error::new("cannot write to stdout").because(error))
}

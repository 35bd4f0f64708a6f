use crate::{
    live::{Live, Rate, bar, time_left},
    text::{count, megabytes, thousands},
};
use std::time::{Duration, Instant};

/// Rates are over so long.
const OVER: Duration = Duration::from_secs(10);

/// How far the writing is.
pub(super) struct Meter {
    live: Live,
    files: u64,
    done: Rate,
    bytes: Rate,
}

impl Meter {
    pub(super) fn new(files: u64) -> Self {
        Self { live: Live::stderr(), files, done: Rate::over(OVER), bytes: Rate::over(OVER) }
    }

    pub(super) fn show(&mut self, files: u64, records: u64, bytes: u64) {
        let now = Instant::now();
        let speed = self.bytes.of(now, bytes);
        let left = time_left(self.files - files, self.done.of(now, files));
        let left = left.map(|left| format!(", about {} left", humantime::format_duration(left)));
        let text = format!(
            "{} {} of {}, {}, {} a second{}",
            bar(files, self.files),
            thousands(files),
            count(self.files, "file"),
            count(records, "record"),
            megabytes(speed.round() as u64),
            left.unwrap_or_default()
        );
        self.live.tell(|| vec![text]);
    }
}

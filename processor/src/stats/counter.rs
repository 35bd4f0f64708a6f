use metrics::{Label, Unit};
use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// A number that only grows. It is kept here for [`Stats`], and told now and then to the recorder
/// that the application installed. No thread that counts waits for a recorder.
pub(crate) struct Counter {
    value: AtomicU64,
    /// What the recorder was told so far.
    told: AtomicU64,
    recorded: metrics::Counter,
}

impl Counter {
    pub(super) fn new(name: &'static str, text: &str, labels: &[Label]) -> Self {
        let unit = if name.contains("_bytes_") { Unit::Bytes } else { Unit::Count };
        metrics::describe_counter!(name, unit, plain(text));
        let recorded = metrics::counter!(name, labels.to_vec());
        Self { value: AtomicU64::new(0), told: AtomicU64::new(0), recorded }
    }

    pub(crate) fn add(&self, count: u64) {
        if count > 0 {
            self.value.fetch_add(count, Relaxed);
        }
    }

    pub(super) fn export(&self) {
        let value = self.get();
        match value - self.told.swap(value, Relaxed) {
            0 => {}
            more => self.recorded.increment(more),
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A text of the documentation, without its links, as one line.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let mut rest = words.join(" ");
    let mut plain = String::new();
    // `[shown](target)` and `[shown]` are shown only.
    while let Some((before, after)) = rest.split_once('[') {
        let Some((shown, behind)) = after.split_once(']') else { break };
        let behind =
            behind.strip_prefix('(').and_then(|it| it.split_once(')')).map_or(behind, |it| it.1);
        plain = plain + before + shown;
        rest = behind.to_owned();
    }
    (plain + &rest).replace('`', "")
}

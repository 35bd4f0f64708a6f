//! What goes on while it goes on: on a terminal a few lines that are redrawn, below what was
//! written before; elsewhere a plain line once in a while.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    collections::VecDeque,
    io::{self, IsTerminal, Write},
    sync::{
        LazyLock,
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

/// Between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// The characters of a bar.
const BAR: usize = 20;

/// So long the last drawing may take: a terminal can be told to stop.
const LAST: Duration = Duration::from_secs(1);

/// Those of stderr are one for the whole program: log lines are written between two drawings.
static STDERR: LazyLock<Option<MultiProgress>> =
    LazyLock::new(|| screen(ProgressDrawTarget::stderr(), io::stderr().is_terminal()));

/// Lines that are redrawn, by a thread of their own: who tells them does not wait for a terminal.
pub(crate) struct Live {
    drawing: Option<Drawing>,
    every: Duration,
    next_plain: Option<Instant>,
    last_plain: String,
}

struct Drawing {
    screen: MultiProgress,
    lines: Option<SyncSender<Vec<String>>>,
    is_over: Receiver<()>,
}

impl Live {
    /// For a command whose results are on stdout.
    pub(crate) fn stderr() -> Self {
        Self::new(STDERR.clone(), PLAIN_EVERY)
    }

    /// As that, not on the terminal, where something else is written.
    pub(crate) fn hidden() -> Self {
        Self::new(None, PLAIN_EVERY)
    }

    /// For a command that tells a story on stdout.
    pub(crate) fn stdout(plain_every: Duration) -> Self {
        Self::new(screen(ProgressDrawTarget::stdout(), io::stdout().is_terminal()), plain_every)
    }

    fn new(screen: Option<MultiProgress>, every: Duration) -> Self {
        let drawing = screen.map(Drawing::start);
        Self { drawing, every, next_plain: None, last_plain: String::new() }
    }

    /// Whether lines are redrawn.
    pub(crate) fn is_shown(&self) -> bool {
        self.drawing.is_some()
    }

    /// Draws these lines in place of the last ones, where lines are redrawn. One that is too long
    /// is cut off.
    pub(crate) fn draw(&self, lines: Vec<String>) {
        // While the terminal is held up the next ones will do.
        let lines_of = |drawing: &Drawing| drawing.lines.clone();
        self.drawing.as_ref().and_then(lines_of).map(|sender| sender.try_send(lines).ok());
    }

    /// Whether a plain line is due, where none are redrawn.
    pub(crate) fn plain_is_due(&mut self) -> bool {
        let now = Instant::now();
        let next = *self.next_plain.get_or_insert(now + self.every);
        let is_due = !self.is_shown() && now >= next;
        if is_due {
            self.next_plain = Some(now + self.every);
        }
        is_due
    }

    /// Draws these lines, or logs them now and then, unless nothing has changed.
    pub(crate) fn tell(&mut self, lines: impl FnOnce() -> Vec<String>) {
        if self.is_shown() {
            self.draw(lines());
        } else if self.plain_is_due() {
            let text = lines().join("; ");
            if self.last_plain != text {
                tracing::info!("{text}");
                self.last_plain = text;
            }
        }
    }

    /// Writes what stays, above the lines.
    pub(crate) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.drawing {
            Some(drawing) => drawing.screen.suspend(write),
            None => write(),
        }
    }
}

impl Drawing {
    fn start(screen: MultiProgress) -> Self {
        let (lines, drawn) = mpsc::sync_channel::<Vec<String>>(1);
        let (ends, is_over) = mpsc::channel();
        let on = screen.clone();
        thread::spawn(move || {
            let mut bars = Vec::new();
            for lines in drawn {
                redraw(&on, &mut bars, &lines);
            }
            redraw(&on, &mut bars, &[]);
            drop(ends);
        });
        Self { screen, lines: Some(lines), is_over }
    }
}

/// Takes the lines away.
impl Drop for Drawing {
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.is_over.recv_timeout(LAST);
    }
}

fn redraw(screen: &MultiProgress, bars: &mut Vec<ProgressBar>, lines: &[String]) {
    for bar in bars.drain(lines.len().min(bars.len())..) {
        bar.finish_and_clear();
        screen.remove(&bar);
    }
    for (at, text) in lines.iter().enumerate() {
        if bars.len() == at {
            let style = ProgressStyle::with_template("{wide_msg}").expect("a template");
            bars.push(screen.add(ProgressBar::new_spinner().with_style(style)));
        }
        bars[at].set_message(text.clone());
        bars[at].tick();
    }
}

fn screen(target: ProgressDrawTarget, is_terminal: bool) -> Option<MultiProgress> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    (is_terminal && !is_dumb).then(|| MultiProgress::with_draw_target(target))
}

/// Stderr, for the log: a line goes above those that are redrawn.
pub(crate) struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || io::stderr().write_all(bytes);
        STDERR.as_ref().map_or_else(write, |screen| screen.suspend(write)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// `[####................]`
pub(crate) fn bar(done: u64, all: u64) -> String {
    let full = (u128::from(done.min(all)) * BAR as u128).checked_div(u128::from(all));
    let full = full.map_or(BAR, |full| full as usize);
    format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full))
}

/// How fast a number grows, over the last while.
pub(crate) struct Rate {
    over: Duration,
    seen: VecDeque<(Instant, u64)>,
}

impl Rate {
    pub(crate) fn over(over: Duration) -> Self {
        Self { over, seen: VecDeque::new() }
    }

    /// What it is now, a second.
    pub(crate) fn of(&mut self, now: Instant, value: u64) -> f64 {
        self.seen.push_back((now, value));
        // One older than the while is kept: the rate is over all of it.
        while self.seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= self.over) {
            self.seen.pop_front();
        }
        let (since, before) = self.seen[0];
        let seconds = now.duration_since(since).as_secs_f64();
        if seconds > 0.0 { value.saturating_sub(before) as f64 / seconds } else { 0.0 }
    }
}

/// How long the rest takes at this rate; nothing is known while nothing moves.
pub(crate) fn time_left(rest: u64, rate: f64) -> Option<Duration> {
    let seconds = rest as f64 / rate;
    Duration::try_from_secs_f64(seconds.ceil()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_at_the_end() {
        assert_eq!(bar(0, 100), "[....................]");
        assert_eq!(bar(99, 100), "[###################.]");
        assert_eq!(bar(100, 100), "[####################]");
        assert_eq!(bar(101, 100), "[####################]");
        assert_eq!(bar(0, 0), "[####################]");
    }

    #[test]
    fn a_rate_forgets_what_is_long_ago() {
        let start = Instant::now();
        let mut rate = Rate::over(Duration::from_secs(10));
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rate.of(at(0), 100), 0.0);
        assert_eq!(rate.of(at(5), 150), 10.0);
        assert_eq!(rate.of(at(10), 150), 5.0);
        assert_eq!(rate.of(at(20), 150), 0.0);
        assert_eq!(time_left(30, 4.0), Some(Duration::from_secs(8)));
        assert_eq!(time_left(30, 0.0), None);
    }
}

//! What the control thread has to say, said by a thread that may be held up.
//!
//! Who writes logs may wait: for a pipe that nobody reads, a full disk, a collector. So may a
//! metrics recorder. The control thread waits for neither, or leases would end meanwhile: its log
//! lines, those of the SDK on it included, leave through a bounded channel, and counters are
//! exported from elsewhere.

mod line;

use crate::stats::Counters;
use line::Line;
use std::{
    cell::RefCell,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};
use tracing::{
    Event, Metadata, Span, Subscriber, level_filters::LevelFilter, span, subscriber::Interest, warn,
};

/// So many lines may wait to be written; what comes on top is dropped and counted.
const LINES: u64 = 8_192;
/// How often counters are exported. Scrapes are rarer.
const EXPORT: Duration = Duration::from_secs(1);
/// So long the end of a pipeline waits for its last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What the control thread leaves to the other one.
enum Told {
    Line(Line),
    /// To be let go of: a span that ends is written too.
    Ended(Span),
}

thread_local! {
    /// On a control thread: the way to the one that writes.
    static WAY: RefCell<Option<Sender<Told>>> = const { RefCell::new(None) };
    /// What the lines of this thread are about.
    static ABOUT: RefCell<Option<Span>> = const { RefCell::new(None) };
}

/// Tells the last there is to tell under a span, and lets go of it.
pub(crate) fn last_of(span: Option<Span>, tell: impl FnOnce()) {
    let Some(span) = span else { return tell() };
    let Some(way) = WAY.with_borrow(Option::clone) else { return span.in_scope(tell) };
    ABOUT.set(Some(span.clone()));
    tell();
    ABOUT.take().into_iter().chain([span]).for_each(|span| drop(way.send(Told::Ended(span))));
}

/// The way from the control thread to whoever writes logs.
pub(super) struct Reporter {
    way: Sender<Told>,
    waiting: Arc<Waiting>,
    written: Receiver<()>,
}

/// How many lines wait, and how many were dropped.
#[derive(Default)]
struct Waiting {
    lines: AtomicU64,
    dropped: AtomicU64,
}

impl Reporter {
    /// Starts the thread that writes; it ends with the last line.
    pub(super) fn start(counters: Arc<Counters>) -> io::Result<Self> {
        let (way, told) = channel();
        let (all_written, written) = channel();
        let waiting = Arc::<Waiting>::default();
        let theirs = Arc::clone(&waiting);
        thread::Builder::new().name("s3-sqs-report".into()).spawn(move || {
            write_all(&told, &theirs, &counters);
            drop(all_written);
        })?;
        Ok(Self { way, waiting, written })
    }

    /// Runs `work`, whose lines on this thread go this way, and waits a little until they are
    /// written.
    pub(super) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let Self { way, waiting, written } = self;
        WAY.set(Some(way.clone()));
        let guard = tracing::subscriber::set_default(Courier { way, waiting });
        let result = work();
        drop(guard);
        WAY.set(None);
        let _ = written.recv_timeout(LAST_LINES);
        result
    }
}

fn write_all(told: &Receiver<Told>, waiting: &Waiting, counters: &Counters) {
    let mut export_at = Instant::now() + EXPORT;
    loop {
        let next = told.recv_timeout(export_at.saturating_duration_since(Instant::now()));
        let is_last = matches!(next, Err(RecvTimeoutError::Disconnected));
        match next {
            Ok(Told::Line(line)) => {
                waiting.lines.fetch_sub(1, Ordering::Relaxed);
                guarded(|| line.write());
            }
            Ok(Told::Ended(span)) => guarded(|| drop(span)),
            Err(_) => {}
        }
        let lines = waiting.dropped.swap(0, Ordering::Relaxed);
        if lines > 0 {
            guarded(|| warn!(lines, "log lines were dropped: whoever writes them is too slow"));
        }
        if is_last || Instant::now() >= export_at {
            guarded(|| counters.export(is_last));
            export_at = Instant::now() + EXPORT;
        }
        if is_last {
            return;
        }
    }
}

/// A subscriber or a recorder that panics loses one line, not all that follow.
fn guarded(tell: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(tell));
}

/// The control thread's subscriber: takes each line as it is, and sends it on.
///
/// It has no wish of its own about levels: whatever the application's subscriber may want comes
/// here, and that one is asked where the line is written. No spans begin here.
struct Courier {
    way: Sender<Told>,
    waiting: Arc<Waiting>,
}

impl Subscriber for Courier {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_event() { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }

    fn event(&self, event: &Event<'_>) {
        let Waiting { lines, dropped } = &*self.waiting;
        if lines.load(Ordering::Relaxed) >= LINES {
            dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        lines.fetch_add(1, Ordering::Relaxed);
        let _ = self.way.send(Told::Line(Line::of(event, ABOUT.with_borrow(Option::clone))));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Id;

    /// Keeps what is told, with its fields.
    #[derive(Clone)]
    struct Told(Sender<String>);

    impl Subscriber for Told {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "told"
        }

        fn event(&self, event: &Event<'_>) {
            let (level, parent) = (event.metadata().level(), event.parent().map(Id::into_u64));
            let _ = self.0.send(format!("{level} {parent:?} {}", Line::of(event, None)));
        }

        fn try_close(&self, _: Id) -> bool {
            self.0.send("closed".into()).is_ok()
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn a_line_arrives_as_it_was_written_and_under_its_span() {
        let (told, all) = channel();
        let subscriber = Told(told);
        let waiting = Arc::new(Waiting { lines: AtomicU64::new(LINES - 3), ..Waiting::default() });
        let (way, lines) = channel();
        tracing::subscriber::with_default(subscriber.clone(), || {
            let span = tracing::info_span!(target: "told", "message");
            let courier = Courier { way: way.clone(), waiting: Arc::clone(&waiting) };
            WAY.set(Some(way));
            let _control = tracing::subscriber::set_default(courier);
            let none: Option<u32> = None;
            let (text, number) = ("a b", 7_u32);
            warn!(target: "told", text, %number, none, held_ms = 3.5, yes = true, "said");
            tracing::info!(target: "not wanted", "said in vain");
            last_of(Some(span), || tracing::info!(target: "told", i = -1, "said too"));
            tracing::info!(target: "told", "dropped");
            WAY.set(None);
        });
        let counters = Counters::new("1/orders", [], []);
        tracing::subscriber::with_default(subscriber, || write_all(&lines, &waiting, &counters));
        let expected = [
            r#"WARN None message=said text="a b" number=7 held_ms=3.5 yes=true"#,
            "INFO Some(1) message=said too i=-1",
        ];
        let (told, closed) =
            all.try_iter().partition::<Vec<_>, _>(|line: &String| line != "closed");
        assert_eq!((told, closed.len()), (expected.map(str::to_owned).to_vec(), 3), "each handle");
    }
}

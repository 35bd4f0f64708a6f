use std::{
    fmt::{Debug, Write},
    sync::{Arc, LazyLock, Mutex},
};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::{DefaultGuard, set_default},
};

/// The warnings and errors of a test, one line each. They are gathered until this is dropped.
pub(super) struct Logs {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

struct Gather(Arc<Mutex<Vec<String>>>);

/// While a process has a single subscriber, tracing asks only the thread that comes upon a log line
/// first whether anybody wants it: a test beside this one that gathers nothing would silence the
/// line for all. So there are always others.
pub(super) fn never_alone() {
    static OTHERS: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| Dispatch::new(Gather(Arc::default()))));
    LazyLock::force(&OTHERS);
}

struct Line(String);

impl Logs {
    pub(super) fn gather() -> Self {
        never_alone();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        Self { _guard: set_default(Gather(Arc::clone(&lines))), lines }
    }

    /// Whether one line has all of these words.
    pub(super) fn say(&self, words: &[&str]) -> bool {
        self.count(words) > 0
    }

    /// How many lines have all of these words.
    pub(super) fn count(&self, words: &[&str]) -> usize {
        self.lines
            .lock()
            .unwrap()
            .iter()
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    }

    pub(super) fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

impl Subscriber for Gather {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a string takes anything");
    }
}

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

/// All that is logged in this process at any level, spans included: `LEVEL TARGET field=value ..`,
/// a line each.
#[derive(Clone, Default)]
pub(crate) struct Gather(Arc<Inner>);

#[derive(Default)]
struct Inner {
    on: AtomicBool,
    lines: Mutex<Vec<String>>,
}

struct Line(String);

impl Gather {
    pub(crate) fn install() -> Self {
        let gather = Self::default();
        set_global_default(gather.clone()).expect("the only subscriber of this program");
        gather
    }

    /// Keeps what is logged from here on.
    pub(crate) fn begin(&self) {
        self.0.on.store(true, Ordering::Relaxed);
    }

    /// What this workspace logged.
    pub(crate) fn ours(&self) -> Vec<String> {
        self.lines(is_ours)
    }

    /// What all others logged.
    pub(crate) fn theirs(&self) -> Vec<String> {
        self.lines(|line| !is_ours(line))
    }

    fn lines(&self, which: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| which(line)).cloned().collect()
    }

    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        if self.0.on.load(Ordering::Relaxed) {
            let mut line =
                Line(format!("{} {} {}", metadata.level(), metadata.target(), metadata.name()));
            record(&mut line);
            self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
        }
    }
}

/// Level and target of a line.
pub(crate) fn whence(line: &str) -> String {
    line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ")
}

fn is_ours(line: &str) -> bool {
    let target = line.split(' ').nth(1).unwrap_or_default();
    ["s3_sqs_processor", "local_aws"].iter().any(|ours| target.starts_with(ours))
}

impl Subscriber for Gather {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(span.metadata(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        // Which span it belongs to is not known here: the dependencies'.
        let mut line = Line("TRACE span record".to_owned());
        values.record(&mut line);
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a string takes anything");
    }
}

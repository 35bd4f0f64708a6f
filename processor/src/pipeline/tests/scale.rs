//! Very many messages through one process: nothing that is kept grows with them.
//!
//! `S3SQS_MESSAGES=1000000 cargo test --release -p s3-sqs-processor --lib scale -- --nocapture`
//! prints what is kept, and the process's memory, at each tenth.

use super::{
    SECOND,
    world::{Run, World},
};
use crate::{
    Context, ProcessError, Record, RecordProcessor,
    port::PortErrorKind,
    testing::{EntryResult, Event, QueueSettings, Trace, notification, undelimited},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
};

const VARIABLE: &str = "S3SQS_MESSAGES";
/// More than the messages that are remembered after their end (10,000).
const SHORT: u64 = 12_000;
/// So many wait in the queue, so that there always is one.
const AHEAD: u64 = 200;
/// Messages are received three times at most.
const RECEIVES: u32 = 3;

/// What a message is about, by its number: of a thousand, 977 are well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An object of its own.
    Fresh,
    /// One of seven objects that are announced again and again.
    Again,
    /// A record of it fails at the first delivery.
    Once,
    /// A record of it fails always.
    Never,
    /// There is no such object.
    Gone,
    Denied,
    /// It is no notification.
    NotUnderstood,
}

impl Kind {
    fn of(number: u64) -> Self {
        match number % 1_000 {
            0..5 => Self::Never,
            5..10 => Self::Once,
            10..13 => Self::Gone,
            13 => Self::Denied,
            14 => Self::NotUnderstood,
            15..50 => Self::Again,
            _ => Self::Fresh,
        }
    }

    fn is_dead_in_the_end(self) -> bool {
        matches!(self, Self::Never | Self::Gone | Self::Denied | Self::NotUnderstood)
    }

    fn key(self, number: u64) -> String {
        match self {
            Self::Again => format!("Again/{}", number % 7),
            _ => format!("{self:?}/{number}"),
        }
    }
}

/// Fails what is to fail.
struct Judge;

impl RecordProcessor for Judge {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let key = record.object().key();
        if key.starts_with("Never") || (key.starts_with("Once") && cx.receive_count() == 1) {
            return Err(ProcessError::retry("told to fail"));
        }
        Ok(())
    }
}

/// What was received, and what is gone.
#[derive(Default)]
struct Flow {
    first_receives: AtomicU64,
    deleted: AtomicU64,
    dead: AtomicU64,
    /// Gone, and its object still there.
    gone: Mutex<Vec<u64>>,
    moved: Notify,
}

impl Flow {
    fn watch(&self, event: &Event) {
        match event {
            Event::Received { count: 1, .. } => {
                self.first_receives.fetch_add(1, Ordering::Relaxed);
            }
            Event::Deleted { receipt, verdict: EntryResult::Done } => {
                self.is_gone(receipt, &self.deleted);
            }
            Event::Dead { message } => self.is_gone(message, &self.dead),
            _ => return,
        }
        self.moved.notify_one();
    }

    /// Messages are called `m` and their number.
    fn is_gone(&self, name: &str, count: &AtomicU64) {
        let number =
            name.trim_start_matches('m').split('#').next().and_then(|number| number.parse().ok());
        self.gone.lock().expect("nobody panicked").push(number.expect("a message's name"));
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A pipeline that messages go through, thousands at a time.
struct Stream {
    world: World,
    run: Run,
    flow: Arc<Flow>,
    sent: u64,
}

impl Stream {
    fn start() -> Self {
        let settings = QueueSettings {
            visibility_timeout: 5 * SECOND,
            max_receives: Some(RECEIVES),
            ..QueueSettings::default()
        };
        let world = World::traced_by(Trace::forgetful(), settings);
        let flow = Arc::<Flow>::default();
        let watching = Arc::clone(&flow);
        world.trace.watch(move |_, event| watching.watch(event));
        world.store.refuse("Denied", PortErrorKind::Denied);
        let env = world.env(1);
        env.watch_sizes();
        let run = world.start_in(env, world.builder().processor("judge", Judge));
        Self { world, run, flow, sent: 0 }
    }

    fn send(&mut self) {
        let (number, store) = (self.sent, &self.world.store);
        let kind = Kind::of(number);
        let key = kind.key(number);
        self.sent += 1;
        if kind == Kind::NotUnderstood {
            self.world.queue.send("{}");
            return;
        }
        let announced = store.put(&key, format!("{{\"key\":\"{key}\"}}{}", undelimited(2)));
        if kind == Kind::Gone {
            store.remove(&key);
        }
        self.world.queue.send(notification(&[announced]));
    }

    /// Lets so many more messages through, to the end of the last.
    async fn through(&mut self, messages: u64) {
        let all = self.sent + messages;
        loop {
            let flow = Arc::clone(&self.flow);
            let moved = flow.moved.notified();
            while self.sent < all.min(flow.first_receives.load(Ordering::Relaxed) + AHEAD) {
                self.send();
            }
            let gone = std::mem::take(&mut *flow.gone.lock().expect("nobody panicked"));
            for number in gone.into_iter().filter(|number| Kind::of(*number) != Kind::Again) {
                self.world.store.remove(&Kind::of(number).key(number));
            }
            if flow.deleted.load(Ordering::Relaxed) + flow.dead.load(Ordering::Relaxed) == all {
                return;
            }
            assert!(!self.run.task.is_finished(), "the run ended");
            moved.await;
        }
    }

    /// What is kept now, and the most there was.
    #[allow(clippy::print_stdout, reason = "shown on demand")]
    fn print(&self) {
        let kept = self.run.env.kept();
        let memory = memory().map_or("?".into(), |kib| (kib / 1024).to_string());
        println!(
            "{:>9} sent, {} of them dead; {memory} MiB; queue {}, store {}, in flight {}",
            self.sent,
            self.flow.dead.load(Ordering::Relaxed),
            self.world.queue.len(),
            self.world.store.len(),
            self.run.handle.in_flight().len(),
        );
        let sizes: Vec<_> =
            kept.iter().map(|(name, kept)| format!("{name} {}/{}", kept.now, kept.most)).collect();
        println!("          now/most: {}", sizes.join(", "));
    }
}

/// The memory of this process in KiB, as Linux counts it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
}

#[test]
fn scale_nothing_grows_with_the_number_of_messages() {
    let asked = std::env::var(VARIABLE)
        .ok()
        .map(|number| number.parse::<u64>().expect("a number of messages"));
    let part = asked.map_or(SHORT, |number| number.div_ceil(10).max(SHORT));
    let runtime = runtime();
    let mut stream = runtime.block_on(async { Stream::start() });
    // What is made once, and what is remembered of messages that ended, is there after this.
    runtime.block_on(stream.through(part));
    stream.print();
    for _ in 1..asked.map_or(2, |_| 10) {
        let more = allocation_counter::measure(|| runtime.block_on(stream.through(part)));
        stream.print();
        // Of a kilobyte for each message this would be twelve million; a hash is remembered of each
        // that is done, for an hour.
        assert!(
            more.bytes_current.abs() < 1_000_000,
            "{} bytes are left of {part} messages: {more:?}",
            more.bytes_current
        );
    }
    let Stream { world, run, flow, sent } = stream;
    for (name, kept) in run.env.kept() {
        let most = match name {
            "tracker: remembered" => 1_000_000,
            "caution: known" => 10_000,
            // Four receives, and requests about ten messages each.
            "control: requests" => 4 + 100,
            _ => 100,
        };
        let is_kept = ["tracker: remembered", "caution: known", "control: requests", "breakers"]
            .contains(&name);
        assert!(kept.most <= most, "{name}: {kept:?}");
        assert!(kept.now == 0 || is_kept, "{name}: {kept:?}");
    }
    assert!(run.handle.in_flight().is_empty() && world.queue.len() == 0 && world.store.len() <= 7);
    let dead = (0..sent).filter(|number| Kind::of(*number).is_dead_in_the_end()).count() as u64;
    assert_eq!(
        (flow.deleted.load(Ordering::Relaxed), flow.dead.load(Ordering::Relaxed)),
        (sent - dead, dead)
    );
    let stats = runtime.block_on(run.stop());
    assert_eq!((stats.messages.deleted, stats.held), (sent - dead, 0));
}

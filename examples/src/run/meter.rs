//! What a run shows of itself: how fast it is, what is left, and what waits for what.

use crate::{
    live::{Live, Rate, bar, time_left},
    queue::{Backlog, Queue},
    text::{clean, count, megabytes, thousands},
};
use s3_sqs_processor::{Handle, InFlight, Outage};
use std::time::{Duration, Instant};
use tokio::{sync::watch, task::JoinSet, time::MissedTickBehavior};

/// How often the lines are drawn.
const DRAW: Duration = Duration::from_millis(500);
/// How often the queue is asked what is left.
const ASK: Duration = Duration::from_secs(5);
/// Rates are over so long.
const OVER: Duration = Duration::from_secs(10);

pub(super) struct Meter {
    handle: Handle,
    queue: Queue,
    live: Live,
    until_empty: bool,
    rates: Rates,
}

struct Rates {
    records: Rate,
    bytes: Rate,
    messages: Rate,
}

/// What is to be shown.
struct Seen {
    records: u64,
    records_a_second: f64,
    bytes_a_second: f64,
    messages_a_second: f64,
    deleted: u64,
    held: u64,
    /// What the queue said last, and how many were deleted by then.
    backlog: Option<(Backlog, u64)>,
    in_flight: Vec<InFlight>,
    outages: Vec<Outage>,
}

impl Meter {
    /// `hidden`: something else is on the terminal.
    pub(super) fn new(handle: Handle, queue: Queue, until_empty: bool, hidden: bool) -> Self {
        let live = if hidden { Live::hidden() } else { Live::stderr() };
        let [records, bytes, messages] = [(); 3].map(|()| Rate::over(OVER));
        let rates = Rates { records, bytes, messages };
        Self { handle, queue, live, until_empty, rates }
    }

    /// Shows it until this is dropped.
    pub(super) async fn run(self) {
        let mut draw = tokio::time::interval(DRAW);
        draw.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (told, backlog) = watch::channel(None);
        // Beside the drawing, which waits for nobody; it ends with this future.
        let mut asking = JoinSet::new();
        let (queue, handle) = (self.queue.clone(), self.handle.clone());
        let is_shown = self.live.is_shown();
        asking.spawn(async move {
            loop {
                // Where nobody looks, an idle service asks for nothing.
                if is_shown || handle.stats().held > 0 {
                    let answer = queue.backlog().await.ok();
                    let deleted = handle.stats().messages.deleted;
                    told.send_replace(answer.map(|backlog| (backlog, deleted)));
                }
                tokio::time::sleep(ASK).await;
            }
        });
        let Self { handle, mut live, until_empty, mut rates, .. } = self;
        loop {
            draw.tick().await;
            live.tell(|| look(&handle, &mut rates, *backlog.borrow()).lines(until_empty));
        }
    }
}

fn look(handle: &Handle, rates: &mut Rates, backlog: Option<(Backlog, u64)>) -> Seen {
    let (now, stats) = (Instant::now(), handle.stats());
    let records = stats.objects.records;
    Seen {
        records,
        records_a_second: rates.records.of(now, records),
        bytes_a_second: rates.bytes.of(now, stats.objects.bytes_read),
        messages_a_second: rates.messages.of(now, stats.messages.deleted),
        deleted: stats.messages.deleted,
        held: stats.held,
        backlog,
        in_flight: handle.in_flight(),
        outages: handle.outages(),
    }
}

impl Seen {
    fn lines(&self, until_empty: bool) -> Vec<String> {
        let mut lines = vec![self.speed(), self.work()];
        if until_empty && let Some((backlog, deleted)) = self.backlog {
            let since = self.deleted.saturating_sub(deleted);
            lines.insert(0, self.left(backlog.total().saturating_sub(since)));
        }
        lines.extend(self.waits());
        lines
    }

    fn left(&self, rest: u64) -> String {
        let done = self.deleted;
        let left = match time_left(rest, self.messages_a_second) {
            Some(_) if rest == 0 => "almost done".to_owned(),
            Some(time) => format!("about {} left", humantime::format_duration(time)),
            None => "nothing moves".to_owned(),
        };
        let done_of = format!("{} of {}", thousands(done), count(done + rest, "message"));
        format!("{} {done_of}, {left}", bar(done, done + rest))
    }

    fn speed(&self) -> String {
        format!(
            "{} records a second, {} a second; {} found, {} deleted",
            thousands(self.records_a_second.round() as u64),
            megabytes(self.bytes_a_second.round() as u64),
            count(self.records, "record"),
            count(self.deleted, "message")
        )
    }

    fn work(&self) -> String {
        let queue = match self.backlog {
            Some((backlog, _)) => format!(
                "in the queue {} wait, {} are held by consumers, {} are delayed",
                thousands(backlog.visible),
                thousands(backlog.hidden),
                thousands(backlog.delayed)
            ),
            None => "how many wait in the queue is not known".to_owned(),
        };
        let opened = self.in_flight.iter().filter(|object| object.opened).count();
        format!(
            "{} held, {} open; {queue}",
            count(self.held, "message"),
            count_of(opened, "object")
        )
    }

    /// What waits, and for what.
    fn waits(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.outages.iter().map(down).collect();
        let held: u64 = self.outages.iter().map(|outage| outage.held).sum();
        let unopened = self.in_flight.iter().filter(|object| !object.opened).count() as u64;
        if unopened > held {
            let room = count(unopened - held, "object");
            lines.push(format!("{room} wait for room, or for the same object of another message"));
        }
        if let Some(oldest) = self.in_flight.iter().find(|object| object.opened) {
            let InFlight { bucket, key, age, records, waiting_for, .. } = oldest;
            let age = humantime::format_duration(Duration::from_secs(age.as_secs()));
            let waits = match waiting_for.as_slice() {
                [] => "is read".to_owned(),
                names => format!("waits for {}", names.join(", ")),
            };
            let records = count(*records, "record");
            let name = format!("s3://{bucket}/{key}");
            lines.push(clean(&format!("the oldest {waits}, for {age}, {records} so far: {name}")));
        }
        lines
    }
}

fn down(outage: &Outage) -> String {
    let age = humantime::format_duration(Duration::from_secs(outage.age.as_secs()));
    let held = count(outage.held, "object");
    clean(&format!("{} is down for {age}: {}; {held} wait for it", outage.of, outage.class))
}

fn count_of(number: usize, noun: &str) -> String {
    count(number as u64, noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_time() {
        let mut seen = Seen {
            records: 12_345,
            records_a_second: 1_234.4,
            bytes_a_second: 2e6,
            messages_a_second: 4.0,
            deleted: 30,
            held: 1,
            backlog: Some((Backlog { visible: 60, hidden: 11, delayed: 1 }, 28)),
            in_flight: Vec::new(),
            outages: Vec::new(),
        };
        let bar = "[######..............] 30 of 100 messages, about 18s left";
        assert_eq!(
            seen.lines(true),
            [
                bar,
                "1,234 records a second, 2.0 MB a second; 12,345 records found, 30 messages \
                 deleted",
                "1 message held, 0 objects open; in the queue 60 wait, 11 are held by consumers, 1 \
                 are delayed",
            ]
        );
        assert_eq!(seen.lines(false).len(), 2);
        seen.messages_a_second = 0.0;
        assert!(seen.lines(true)[0].ends_with("nothing moves"));
        seen.backlog = None;
        assert!(seen.lines(true)[1].ends_with("is not known"), "{:?}", seen.lines(true));
    }
}

//! The consumers: each has a place, in which another takes over when it ends.

use crate::{
    consumer::Consumer,
    plan::{Outage, What},
    proxy::Weather,
    tally::Tally,
    warden::Warden,
    world::World,
};
use std::{
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
    time::{Duration, Instant},
};

/// How often it is looked after.
pub(crate) const TICK: Duration = Duration::from_millis(20);
/// Until a consumer that could not start is replaced.
const PAUSE: Duration = Duration::from_millis(300);
/// For a consumer that was asked to end: twice the 25 s that it gives itself, and what its sinks
/// take.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);
const SIGTERM: i32 = 15;

pub(crate) struct Fleet<'a> {
    pub(crate) tally: Tally,
    world: &'a World,
    warden: Warden,
    places: Vec<Place>,
    leaving: Vec<Leaving>,
    outage_until: Option<Instant>,
}

enum Place {
    Running(Consumer),
    /// Since SIGSTOP, until SIGCONT.
    Stopped(Consumer, Instant),
    /// The next one starts then.
    Empty(Instant),
}

/// A consumer that was asked to end.
struct Leaving {
    consumer: Consumer,
    /// When it is asked a second time.
    again: Option<Instant>,
    limit: Instant,
}

impl<'a> Fleet<'a> {
    pub(crate) fn new(world: &'a World, consumers: usize) -> Self {
        let places = (0..consumers).map(|_| Place::Empty(Instant::now())).collect();
        let (tally, leaving) = (Tally::default(), Vec::new());
        Self { tally, world, warden: Warden::start(), places, leaving, outage_until: None }
    }

    /// Does what is planned.
    pub(crate) fn suffer(&mut self, what: What) {
        let now = Instant::now();
        match what {
            What::Outage { kind, pause } => {
                let (count, weather) = match kind {
                    Outage::Refused => (&mut self.tally.refused_outages, Weather::Refused),
                    Outage::Silent => (&mut self.tally.silent_outages, Weather::Silent),
                };
                *count += 1;
                self.world.proxy.set_weather(weather);
                self.outage_until = Some(now + pause);
            }
            What::Kill { slot, pause } => match self.take(slot, now + pause) {
                Place::Running(mut consumer) | Place::Stopped(mut consumer, _) => {
                    consumer.kill();
                    self.tally.kills += 1;
                    self.check_log(&consumer);
                }
                empty => self.miss(slot, empty),
            },
            What::Stop { slot, pause } => match self.take(slot, now) {
                Place::Running(mut consumer) => {
                    consumer.signal("STOP");
                    self.tally.stops += 1;
                    self.places[slot] = Place::Stopped(consumer, now + pause);
                }
                other => self.miss(slot, other),
            },
            What::Term { slot, again } => match self.take(slot, now) {
                Place::Running(consumer) => {
                    self.tally.terms += 1;
                    self.dismiss(consumer, again.map(|after| now + after));
                }
                other => self.miss(slot, other),
            },
        }
    }

    /// Collects who ended, fills empty places, lets those go on that were stopped.
    pub(crate) fn look_after(&mut self) {
        let now = Instant::now();
        if self.outage_until.is_some_and(|until| until <= now) {
            self.outage_until = None;
            self.world.proxy.set_weather(Weather::Faulty);
        }
        for slot in 0..self.places.len() {
            let place = match self.take(slot, now) {
                Place::Empty(from) if from <= now => Place::Running(self.start(slot % 2, false)),
                Place::Running(mut consumer) => match consumer.ended() {
                    Some(status) => {
                        self.collect(&consumer, status);
                        Place::Empty(now + PAUSE)
                    }
                    None => Place::Running(consumer),
                },
                Place::Stopped(mut consumer, until) if until <= now => {
                    consumer.signal("CONT");
                    Place::Running(consumer)
                }
                other => other,
            };
            self.places[slot] = place;
        }
        self.collect_leaving();
    }

    /// No more faults: everything runs that can.
    pub(crate) fn recover(&mut self) {
        self.outage_until = None;
        self.world.proxy.set_weather(Weather::Calm);
        let now = Instant::now();
        for place in &mut self.places {
            if let Place::Stopped(_, until) = place {
                *until = now;
            }
        }
    }

    /// A consumer of this service beside the others that ends when its queue is empty.
    pub(crate) fn finisher(&mut self, service: usize) -> Consumer {
        self.start(service, true)
    }

    /// Asks all to end, and waits until they have.
    pub(crate) async fn end(&mut self) {
        for slot in 0..self.places.len() {
            // Nobody takes a place any more.
            let never = Instant::now() + Duration::from_secs(1 << 30);
            match self.take(slot, never) {
                Place::Running(consumer) => self.dismiss(consumer, None),
                Place::Stopped(mut consumer, _) => {
                    consumer.signal("CONT");
                    self.dismiss(consumer, None);
                }
                Place::Empty(_) => {}
            }
        }
        while !self.leaving.is_empty() {
            self.collect_leaving();
            tokio::time::sleep(TICK).await;
        }
    }

    fn take(&mut self, slot: usize, next: Instant) -> Place {
        std::mem::replace(&mut self.places[slot], Place::Empty(next))
    }

    fn miss(&mut self, slot: usize, place: Place) {
        self.tally.missed += 1;
        self.places[slot] = place;
    }

    fn start(&mut self, service: usize, until_empty: bool) -> Consumer {
        let number = self.tally.started as usize;
        self.tally.started += 1;
        // Every fifth in the places as well: those that end by themselves in the midst of it all.
        Consumer::start(self.world, &self.warden, number, service, until_empty || number % 5 == 4)
    }

    fn dismiss(&mut self, mut consumer: Consumer, again: Option<Instant>) {
        consumer.signal("TERM");
        self.leaving.push(Leaving { consumer, again, limit: Instant::now() + DRAIN_LIMIT });
    }

    fn collect_leaving(&mut self) {
        let now = Instant::now();
        for mut leaving in std::mem::take(&mut self.leaving) {
            if let Some(status) = leaving.consumer.ended() {
                self.collect(&leaving.consumer, status);
                continue;
            }
            if leaving.again.is_some_and(|again| again <= now) {
                leaving.consumer.signal("TERM");
                self.tally.second_terms += 1;
                leaving.again = None;
            }
            if leaving.limit <= now {
                let number = leaving.consumer.number;
                self.tally.problem(format!(
                    "consumer {number} did not end within {DRAIN_LIMIT:?} after SIGTERM"
                ));
                continue;
            }
            self.leaving.push(leaving);
        }
    }

    /// Whether a consumer may end as it did.
    pub(crate) fn collect(&mut self, consumer: &Consumer, status: ExitStatus) {
        self.check_log(consumer);
        let summary = consumer.summary();
        if let Some(summary) = &summary {
            self.tally.add_summary(summary);
        }
        let log = consumer.log();
        let said =
            log.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or_default();
        match (status.code(), status.signal(), consumer.asked) {
            (Some(0 | LEFT), _, 1..) => self.tally.ended_well += 1,
            (Some(0 | LEFT), _, 0) if consumer.until_empty => self.tally.ended_well += 1,
            (Some(1), _, 2..) if said.contains("second signal") => self.tally.ended_well += 1,
            // It was asked before it listened.
            (None, Some(SIGTERM), 1..) if summary.is_none() => self.tally.ended_well += 1,
            // The first requests are tried so often and no more: a wrong set-up has to show.
            (Some(1), _, _) if summary.is_none() && !said.is_empty() => {
                *self.tally.failed_starts.entry(without_addresses(said)).or_default() += 1;
            }
            _ => self.tally.problem(format!(
                "consumer {} ({}until-empty, asked {} times to end) ended with {status}: {said}",
                consumer.number,
                if consumer.until_empty { "" } else { "not " },
                consumer.asked
            )),
        }
    }

    fn check_log(&mut self, consumer: &Consumer) {
        let log = consumer.log();
        if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
            self.tally.problem(format!("consumer {}: {line}", consumer.number));
        }
    }
}

/// The exit code of a run that left something in the dead-letter queue, or unreadable.
const LEFT: i32 = 3;

/// Without what differs between runs.
fn without_addresses(text: &str) -> String {
    text.split_whitespace().filter(|word| !word.contains("127.0.0.1")).collect::<Vec<_>>().join(" ")
}

//! Several consumers on one queue, and what besets them together: objects of all sizes, records
//! that are rejected, never end or kill their process, a downstream that is down for a while,
//! drains.
//!
//! Lighter than the judge of one consumer: it asks for what must hold whoever does what. A message
//! is deleted only when each record was done by somebody (I1); what is visible, and could be begun,
//! is begun within a minute (L1); only what failed by itself is dead (L2); work ends, and what runs
//! for ever costs its own message only (L3); large or slow objects do not hold up small ones (L4).

mod shares;

use self::shares::{MOST_WAITING, Shares};
use super::{
    super::{
        mortal::Mortal,
        probe::{Act, Seen},
        world::{Run, World},
    },
    number, panic_text,
};
use crate::{
    Limits, ProcessorOptions, Redelivery,
    testing::{EntryResult, Event, Place, QueueSettings, Random, undelimited},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// So long after a start, a death or a drain processes may be careful.
const CALM_AT: Duration = Duration::from_secs(30);
/// So many seeds without being told; `.ci/run` tries more.
const SEEDS: u64 = 150;
/// One work of 12 hours for each receive, and all the rest.
const LONGEST: Duration = Duration::from_secs(6 * 24 * 3_600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    Rejected,
    Hangs,
    Kills,
}

#[derive(Debug, Clone)]
struct File {
    records: usize,
    /// Bytes of each record, about.
    size: usize,
    takes: Duration,
    at: Duration,
    fate: Fate,
}

#[derive(Debug, Clone)]
struct Crowd {
    seed: u64,
    files: Vec<File>,
    instances: usize,
    concurrency: usize,
    slots: usize,
    buffered_bytes: usize,
    /// When the downstream is down.
    down: Option<(Duration, Duration)>,
    drains: Vec<Duration>,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let instances = 1 + random.below(3) as usize;
        let kills = random.chance(250);
        let down = (!kills && random.chance(300))
            .then(|| (random.duration(20 * SECOND), 10 * SECOND + random.duration(60 * MINUTE)));
        // Failures of fewer than three objects in one process are no outage.
        let least = if down.is_some() { 20 * instances as u64 } else { 3 };
        // In some, more come within seconds than a process may hold.
        let is_burst = random.chance(100);
        let count = least + random.below(if is_burst { 200 } else { 40 });
        let mut files: Vec<_> = (0..count).map(|_| File::new(random, down.is_some())).collect();
        if is_burst {
            files.iter_mut().for_each(|file| file.at = CALM_AT + file.at / 20);
        }
        if kills {
            let place = random.below(files.len() as u64) as usize;
            files[place].fate = Fate::Kills;
        } else if down.is_none() && random.chance(100) {
            files[0].fate = Fate::Hangs;
        }
        // The only permit held for ever, with no time-out, stalls every message of its process.
        let least = if files.iter().any(|file| file.fate == Fate::Hangs) { 2 } else { 1 };
        Self {
            seed,
            files,
            instances,
            concurrency: [1, 4, 256][random.below(3) as usize].max(least),
            slots: [3, 10, 100][random.below(3) as usize],
            buffered_bytes: 1 << (18 + random.below(6)),
            down,
            drains: (0..random.below(3)).map(|_| random.duration(3 * MINUTE)).collect(),
        }
    }

    fn kills(&self) -> bool {
        self.files.iter().any(|file| file.fate == Fate::Kills)
    }

    /// The longest that a record takes.
    fn longest(&self) -> Duration {
        self.files.iter().map(|file| file.takes).max().unwrap_or_default()
    }

    /// What is left of the concurrency beside a record that keeps its permit for ever.
    fn permits(&self) -> usize {
        self.concurrency - usize::from(self.files.iter().any(|file| file.fate == Fate::Hangs))
    }

    /// A drain costs what it hands back a receive: nothing can give that back.
    fn max_receives(&self) -> u32 {
        5 + self.drains.len() as u32
    }

    fn is_down(&self, at: Duration, for_longer: Duration) -> bool {
        self.down.is_some_and(|(from, lasts)| at >= from && at <= from + lasts + for_longer)
    }
}

impl File {
    fn new(random: &mut Random, only_good: bool) -> Self {
        let is_large = random.chance(150);
        let fate = if !only_good && random.chance(60) { Fate::Rejected } else { Fate::Good };
        Self {
            records: 1 + random.below(if is_large { 30 } else { 4 }) as usize,
            size: if is_large { 20_000 } else { 20 },
            takes: if random.chance(500) { Duration::ZERO } else { random.duration(5 * SECOND) },
            at: random.duration(60 * SECOND),
            fate,
        }
    }

    fn is_large(&self) -> bool {
        self.size >= 1_000
    }

    fn bytes(&self) -> String {
        if !self.is_large() {
            return undelimited(self.records);
        }
        let text = "x".repeat(self.size);
        (0..self.records).map(|n| format!("{{\"n\":{n},\"x\":\"{text}\"}}")).collect()
    }
}

/// A process of the crowd.
fn start(crowd: &Arc<Crowd>, world: &World, number: u64) -> Mortal {
    Mortal::start(world, crowd.seed * 100 + number, |dying| {
        let (all, trace) = (Arc::clone(crowd), world.trace.clone());
        let act = move |seen: &Seen| {
            let file = &all.files[seen.key.parse::<usize>().expect("a key is a number")];
            match file.fate {
                Fate::Kills => {
                    dying.store(true, Ordering::Relaxed);
                    Act::Forever
                }
                Fate::Hangs if seen.index == 0 => Act::Forever,
                Fate::Rejected if seen.index == 0 => Act::Reject,
                _ if all.is_down(trace.elapsed(), Duration::ZERO) => Act::Fail,
                _ => Act::Take(file.takes),
            }
        };
        let options = ProcessorOptions::default().concurrency(crowd.concurrency).no_timeout();
        let limits = Limits::default().messages(crowd.slots).buffered_bytes(crowd.buffered_bytes);
        let builder = world.builder().processor_with("p", options, world.probe("p", act));
        builder.limits(limits).redelivery(Redelivery::backoff(SECOND, 30 * SECOND))
    })
}

fn has_room(run: &Run, crowd: &Crowd) -> bool {
    let (held, capacity) = (run.handle.stats().held, run.handle.capacity());
    capacity.waiting() == 0 && (held as usize) < crowd.slots + capacity.parked()
}

/// Which message is which file, and what was done of each.
#[derive(Default)]
struct Known {
    messages: BTreeMap<String, usize>,
    done: HashSet<(usize, u64)>,
    shares: Shares,
    wrong: Option<String>,
}

impl Known {
    fn see(&mut self, crowd: &Crowd, event: &Event) {
        self.shares.see(crowd, event, |message| self.messages.get(message).copied());
        match event {
            Event::Settled { object, index, ok: true, .. } => {
                self.done.extend(object.parse().ok().map(|file| (file, *index)));
            }
            Event::Deleted { receipt, verdict: EntryResult::Done } => {
                let message = receipt.split('#').next().unwrap_or_default();
                let Some(file) = self.messages.get(message) else { return };
                let records = 0..crowd.files[*file].records as u64;
                if !records.into_iter().all(|index| self.done.contains(&(*file, index))) {
                    self.wrong = Some(format!("I1: {message} is deleted, and not done"));
                }
            }
            _ => {}
        }
    }
}

/// Plays it until every message is deleted or dead, and says which of the dead are innocent.
async fn play(crowd: &Arc<Crowd>) -> Vec<usize> {
    let max_receives = Some(crowd.max_receives());
    let settings = QueueSettings { max_receives, ..QueueSettings::default() };
    let world = World::with(settings);
    let known = Arc::<Mutex<Known>>::default();
    let (watching, all) = (Arc::clone(&known), Arc::clone(crowd));
    world.trace.watch(move |_, event| watching.lock().unwrap().see(&all, event));
    let mut started = 0;
    let mut start = || {
        started += 1;
        self::start(crowd, &world, started)
    };
    let mut processes: Vec<_> = (0..crowd.instances).map(|_| start()).collect();
    let mut to_send: Vec<_> = (0..crowd.files.len()).collect();
    to_send.sort_by_key(|file| std::cmp::Reverse(crowd.files[*file].at));
    let mut drains = crowd.drains.clone();
    drains.sort_unstable();
    let (began, mut waits) = (Instant::now(), BTreeMap::<String, Instant>::new());
    let mut disturbed = Duration::ZERO;
    while !(to_send.is_empty() && world.queue.is_finished()) {
        let now = began.elapsed();
        assert!(now < LONGEST, "L3: it does not end\n{:?}", world.queue.in_place(Place::InFlight));
        while let Some(file) = to_send.pop_if(|file| crowd.files[*file].at <= now) {
            let message = world.file(&file.to_string(), crowd.files[file].bytes());
            known.lock().unwrap().messages.insert(message, file);
        }
        for process in &mut processes {
            if process.has_died() {
                disturbed = now;
                known.lock().unwrap().shares.disturb();
                *process = start();
            }
        }
        if drains.first().is_some_and(|at| *at <= now) {
            drains.remove(0);
            let leaving = std::mem::replace(&mut processes[0], start());
            leaving.run.handle.drain();
            leaving.run.task.await.expect("no panic").expect("a drain ends well");
            disturbed = began.elapsed();
            known.lock().unwrap().shares.disturb();
        }
        // Behind a death or an outage consumers are careful for a while.
        let is_undisturbed =
            !crowd.kills() && !crowd.is_down(now, 2 * MINUTE) && now > disturbed + CALM_AT;
        let pause = (SECOND / 2).max(now / 500);
        known.lock().unwrap().shares.check(crowd, is_undisturbed, pause);
        for process in &processes {
            let waiting = process.run.handle.capacity().waiting();
            // What an outage held comes back at once when it is over.
            let is_bounded = crowd.down.is_some() || waiting <= MOST_WAITING;
            assert!(is_bounded, "L4: {waiting} objects wait for room");
        }
        let is_calm =
            is_undisturbed && processes.iter().any(|process| has_room(&process.run, crowd));
        let visible: BTreeSet<_> = world.queue.in_place(Place::Visible).into_iter().collect();
        waits.retain(|message, _| is_calm && visible.contains(message));
        for message in visible.into_iter().filter(|_| is_calm) {
            let since = *waits.entry(message.clone()).or_insert_with(Instant::now);
            assert!(
                since.elapsed() <= MINUTE + SECOND,
                "L1: {message} waits {:?}",
                since.elapsed()
            );
        }
        if let Some(wrong) = &known.lock().unwrap().wrong {
            panic!("{wrong}\n{}", world.trace);
        }
        sleep(pause).await;
    }
    for process in processes {
        process.run.handle.abort();
        process.run.task.await.expect("no panic").expect("it ends well");
        assert_eq!(process.run.handle.stats().held, 0, "L3");
    }
    let known = known.lock().unwrap();
    let dead = world.queue.in_place(Place::Dead);
    let dead = dead.iter().map(|message| known.messages[message]);
    dead.filter(|file| crowd.files[*file].fate == Fate::Good).collect()
}

/// The innocent dead of a seed.
fn innocent(seed: u64) -> (Arc<Crowd>, Vec<usize>) {
    let crowd = Arc::new(Crowd::new(seed));
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(play(&crowd))
    }));
    let replay = || {
        format!(
            "{crowd:?}\nreplay it: S3SQS_SEED={seed} cargo test -p s3-sqs-processor --lib a_crowd"
        )
    };
    let dead = played.unwrap_or_else(|panic| panic!("{}\n{}", panic_text(&*panic), replay()));
    assert!(crowd.kills() || dead.is_empty(), "L2: {dead:?} are dead for nothing\n{}", replay());
    (crowd, dead)
}

#[test]
fn a_crowd_works_a_queue_off_whatever_besets_it() {
    let seeds = match number("S3SQS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("S3SQS_SEEDS").unwrap_or(SEEDS).min(20 * SEEDS),
    };
    let (mut killers, mut costly) = (0_u32, Vec::new());
    for seed in seeds {
        let (crowd, dead) = innocent(seed);
        killers += u32::from(crowd.kills());
        if !dead.is_empty() {
            costly.push((seed, dead));
        }
    }
    // A record that kills its process costs no other message its life, but for one run in twenty.
    assert!(costly.len() <= (killers / 20).max(1) as usize, "of {killers}: {costly:?}");
}

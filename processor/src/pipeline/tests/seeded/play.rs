//! One scenario from its beginning to its end.

mod hunger;
mod weather;

use super::{
    super::world::{Run, World},
    judge::Judge,
    quarantining::Quarantined,
    remembering::Remembered,
    scenario::{Body, Object, Scenario, Stop},
    table::Fault,
};
use crate::{RunError, RunErrorKind, Stats, testing::Place};
use hunger::Hunger;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinError,
    time::{Instant, sleep},
};

/// No scenario takes longer, though one in a thousand takes four days: each delivery may last for
/// 12 hours.
const LONGEST: Duration = Duration::from_secs(14 * 24 * 3_600);

/// What a scenario came to.
pub(super) struct Outcome {
    pub(super) world: World,
    pub(super) judge: Judge,
    pub(super) sent: BTreeMap<String, Body>,
    /// Of the run that ended by itself.
    pub(super) stats: Stats,
}

/// Where a scenario is played.
pub(super) struct Stage<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World,
    pub(super) judge: Judge,
    /// Verdicts that are yet to come.
    settling: Arc<AtomicUsize>,
    remembered: Remembered,
    quarantined: Quarantined,
}

/// Plays a scenario on a runtime of its own, whose time is virtual.
pub(super) fn play(scenario: &Scenario) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(run(scenario))
}

async fn run(scenario: &Scenario) -> Outcome {
    let (alarm, alarms) = unbounded_channel();
    let (stops, mut stop_asked) = unbounded_channel();
    let judge = Judge::new(
        scenario.roles(),
        scenario.routing.clone(),
        scenario.visibility_timeout,
        scenario.lead.and_then(|lead| Some((lead.ambush()?, alarm))),
    );
    let (world, remembered) = (scenario.world(), scenario.remembering.store(&judge));
    let quarantined = scenario.quarantining.store(&judge);
    let settling = Arc::default();
    let stage = Stage { scenario, world, judge, settling, remembered, quarantined };
    stage.judge.watch(&stage.world.trace);
    let weather = async {
        tokio::join!(weather::outage(&stage), weather::ambush(&stage, alarms, stops.clone()));
        std::future::pending::<()>().await;
    };
    let (sent, stats) = tokio::select! {
        biased;
        ended = stage.runs(&mut stop_asked) => ended,
        () = weather => unreachable!("whatever comes, it goes on"),
    };
    Outcome { sent, stats, world: stage.world.clone(), judge: stage.judge.clone() }
}

impl Stage<'_> {
    async fn runs(
        &self,
        stop_asked: &mut UnboundedReceiver<Fault>,
    ) -> (BTreeMap<String, Body>, Stats) {
        let sending = self.send();
        tokio::pin!(sending);
        let mut sent = None;
        let mut cut_off = None;
        if let Some(Stop { after, fault: planned, .. }) = self.scenario.stop {
            let run = self.start();
            let deadline = Instant::now() + after;
            let stop = loop {
                tokio::select! {
                    biased;
                    asked = stop_asked.recv() => break asked.unwrap_or(planned),
                    all = &mut sending, if sent.is_none() => sent = Some(all),
                    () = tokio::time::sleep_until(deadline) => break planned,
                }
            };
            let stopping = self.stop(run, stop, stop_asked);
            tokio::pin!(stopping);
            cut_off = loop {
                tokio::select! {
                    biased;
                    cut_off = &mut stopping => break cut_off,
                    all = &mut sending, if sent.is_none() => sent = Some(all),
                }
            };
            self.judge.new_run();
        }
        let mut run = self.start();
        let sent = match sent {
            Some(sent) => sent,
            None => sending.await,
        };
        while !self.is_finished(&run).await {
            assert!(
                never_began(&run.task.await.expect("a run does not panic")),
                "a run ended by itself"
            );
            self.judge.new_run();
            run = self.start();
        }
        // Requests that take effect late, and messages delivered again, are no part of the run.
        self.world.queue.chaos(None, 0);
        sleep(Duration::from_secs(60)).await;
        while self.settling.load(Ordering::Relaxed) > 0 {
            sleep(Duration::from_secs(600)).await;
        }
        if let Some(cut_off) = cut_off {
            cut_off.handle.abort();
            // Without a queue from the beginning it may have ended by itself.
            drop(cut_off.task.await.expect("a run without a queue does not panic"));
        }
        (sent, run.stop().await)
    }

    fn start(&self) -> Run {
        let seed = self.scenario.seed + self.judge.run() as u64;
        let Self { scenario, world, judge, settling, remembered, quarantined } = self;
        let builder = scenario.builder(world, judge, settling, remembered, quarantined);
        let run = world.start_seeded(seed, builder);
        let fuse = run.fuse.clone();
        self.world.trace.watch(move |_, _| fuse.poke());
        run
    }

    /// Stops the run in this way. One that is merely cut off goes on, and comes back.
    async fn stop(
        &self,
        mut run: Run,
        stop: Fault,
        more: &mut UnboundedReceiver<Fault>,
    ) -> Option<Run> {
        match stop {
            Fault::CutOff => {
                self.judge.storm(stop);
                self.world.queue.cut_off();
                self.judge.calm(&self.world.trace);
                return Some(run);
            }
            Fault::Drain => {
                self.judge.storm(stop);
                self.judge.draining();
                let (began, jumps) = (Instant::now(), self.judge.jumps());
                run.handle.drain();
                let second = tokio::select! {
                    biased;
                    ended = &mut run.task => Err(ended),
                    second = another(more) => Ok(second),
                };
                let ended = match second {
                    Ok(second) => self.end(&mut run, second).await,
                    Err(ended) => Some(ended),
                };
                if let Some(ended) = ended {
                    ends_well(ended);
                    let longest = self.scenario.longest_drain();
                    let took = began.elapsed();
                    let in_time = took <= longest || self.judge.jumps() > jumps;
                    self.judge.object(
                        || format!("I8: draining took {took:?}, {longest:?} allowed"),
                        in_time,
                    );
                }
                self.judge.calm(&self.world.trace);
            }
            stop => self.end(&mut run, stop).await.into_iter().for_each(ends_well),
        }
        None
    }

    /// Aborts the run, or drops its future after some polls. How it ended, if it did before.
    async fn end(&self, run: &mut Run, stop: Fault) -> Option<Ended> {
        if stop != Fault::Drop {
            self.judge.storm(stop);
            run.handle.abort();
            let ended = (&mut run.task).await;
            self.judge.calm(&self.world.trace);
            return Some(ended);
        }
        let judge = self.judge.clone();
        let polls = self.scenario.stop.map_or(0, |stop| stop.polls);
        let dropped = run.fuse.light(polls, move || judge.storm(Fault::Drop));
        tokio::select! {
            biased;
            ended = &mut run.task => return Some(ended),
            _ = dropped => run.task.abort(),
        }
        drop((&mut run.task).await);
        self.judge.calm(&self.world.trace);
        None
    }

    /// Waits until nothing is left to do; false if the run ended before.
    async fn is_finished(&self, run: &Run) -> bool {
        let began = Instant::now();
        let mut hunger = Hunger::default();
        while !self.world.queue.is_finished() {
            if run.task.is_finished() {
                return false;
            }
            let late = began.elapsed() > LONGEST;
            let stats = run.handle.stats();
            // What a breaker holds takes no slot, and goes on when it closes.
            let is_bounded = stats.held <= self.scenario.slots as u64;
            self.judge.object(
                || format!("I6: {} messages held", stats.held),
                is_bounded || stats.outages.declared > 0,
            );
            let wrong =
                self.judge.violation().or_else(|| self.world.queue.violations().into_iter().next());
            if let Some(wrong) = wrong {
                panic!("{wrong}\n{}", self.world.trace);
            }
            assert!(
                !late,
                "it does not end: {:?}\n{}",
                self.world.queue.in_place(Place::InFlight),
                self.world.trace
            );
            // Looked at less often the longer it takes: hours of virtual time are many looks.
            let pause = Duration::from_millis(50).max(began.elapsed() / 500);
            let pause = hunger.watch(self, run).map_or(pause, |longest| pause.min(longest));
            sleep(pause).await;
        }
        true
    }

    /// Sends every message at its time, and says which message is which.
    async fn send(&self) -> BTreeMap<String, Body> {
        let mut sent = BTreeMap::new();
        let began = Instant::now();
        let mut before = Vec::new();
        for message in &self.scenario.messages {
            tokio::time::sleep_until(began + message.at).await;
            let (world, judge) = (&self.world, &self.judge);
            let objects = match &message.body {
                Body::Objects(objects) => {
                    objects.iter().map(|object| object.put(world, judge, 0)).collect()
                }
                Body::Copy => before,
                Body::Unreadable | Body::Empty => Vec::new(),
            };
            let name = match &message.body {
                Body::Unreadable => world.queue.send("neither this nor that"),
                _ if objects.is_empty() => world.queue.send(crate::testing::test_event()),
                _ => world.announce(&objects),
            };
            let routing = &self.scenario.routing;
            let taken = objects.iter().filter(|object| !routing.is_skipped(&object.key));
            let keys = taken.map(|object| object.key.clone()).collect();
            let is_readable = matches!(message.body, Body::Objects(_))
                && message.objects().iter().all(Object::is_readable);
            judge.announced(&name, keys, matches!(message.body, Body::Unreadable), is_readable);
            if let Some(delay) = message.again {
                let (queue, name) = (world.queue.clone(), name.clone());
                tokio::spawn(async move {
                    sleep(delay).await;
                    queue.deliver_again(&name);
                });
            }
            before = objects;
            sent.insert(name, message.body.clone());
        }
        sent
    }
}

/// The next stop that is none of those that began the drain.
async fn another(stops: &mut UnboundedReceiver<Fault>) -> Fault {
    loop {
        match stops.recv().await {
            Some(Fault::Drain) => {}
            Some(stop) => return stop,
            None => std::future::pending().await,
        }
    }
}

/// How the task of a run ended.
type Ended = Result<Result<Stats, RunError>, JoinError>;

/// As a run that is told to stop does.
fn ends_well(ended: Ended) {
    let ended = ended.expect("a run does not panic");
    assert!(
        ended.is_ok() || never_began(&ended),
        "a run that is told to stop ended with {ended:?}"
    );
}

/// All five of its first requests were lost.
fn never_began(ended: &Result<Stats, RunError>) -> bool {
    ended.as_ref().is_err_and(|error| error.kind() == RunErrorKind::Unreachable)
}

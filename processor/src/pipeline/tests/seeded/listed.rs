//! The same scenarios, processors and judge, with a list of objects as the source of work: what
//! holds of the pipeline holds whatever it consumes.

use super::{
    super::{SECOND, world::Run},
    judge::Judge,
    number,
    scenario::{Body, Scenario},
    table::Fault,
};
use crate::testing::{Announced, ListSettings, ObjectList, Standing, Trace};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// So many seeds without being told.
const SEEDS: u64 = 300;

/// No scenario takes longer.
const LONGEST: Duration = Duration::from_secs(14 * 24 * 3_600);

#[test]
fn a_list_is_worked_off_whatever_happens() {
    for seed in 0..number("S3SQS_SEEDS").unwrap_or(SEEDS) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        let scenario = Scenario::new(seed);
        // Work that takes days is cut by the 12 hours of a queue, and a list has none.
        if !scenario.takes_days() {
            runtime.block_on(play(&scenario));
        }
    }
}

async fn play(scenario: &Scenario) {
    let world = scenario.world();
    let judge =
        Judge::new(scenario.roles(), scenario.routing.clone(), scenario.visibility_timeout, None);
    judge.watch(&world.trace);
    let settings = ListSettings {
        slots: scenario.slots,
        tries: 4,
        // As short as a release is for the judge.
        delay: SECOND,
        drain_timeout: scenario.drain_timeout,
    };
    let list = ObjectList::new(settings, world.trace.clone());
    let mut entries = Vec::new();
    for message in &scenario.messages {
        let objects: Vec<Announced> = match &message.body {
            Body::Objects(objects) => {
                objects.iter().map(|object| object.put(&world, &judge, 0)).collect()
            }
            Body::Copy => entries.last().cloned().unwrap_or_default(),
            Body::Unreadable | Body::Empty => continue,
        };
        let taken = objects.iter().filter(|object| !scenario.routing.is_skipped(&object.key));
        let keys = taken.map(|object| object.key.clone()).collect();
        // Told before it is there: it is handed out at once.
        judge.announced(&format!("m{}", entries.len()), keys, false, false);
        list.add(&objects);
        entries.push(objects);
    }
    let settling = Arc::default();
    let remembered = scenario.remembering.store(&judge);
    let quarantined = scenario.quarantining.store(&judge);
    let builder = || scenario.builder(&world, &judge, &settling, &remembered, &quarantined);
    let start = |seed| world.start_list(seed, &list, builder());
    if let Some(stop) = scenario.stop {
        let run = start(scenario.seed);
        sleep(stop.after).await;
        stopped(run, stop.fault, &judge, &world.trace).await;
        judge.new_run();
    }
    let run = start(scenario.seed + 1);
    let began = Instant::now();
    let is_over = |standing: &Standing| matches!(standing, Standing::Done | Standing::GivenUp);
    while !list.standings().iter().all(is_over) {
        let held = run.handle.stats().held;
        // What a breaker holds takes no slot, and goes on when it closes.
        let is_bounded = held <= scenario.slots as u64;
        let declared = run.handle.stats().outages.declared;
        judge.object(|| format!("I6: {held} entries held"), is_bounded || declared > 0);
        assert_eq!(judge.violation(), None, "{scenario:?}\n{}", world.trace);
        assert!(began.elapsed() < LONGEST, "it does not end: {scenario:?}\n{}", world.trace);
        sleep(Duration::from_millis(50).max(began.elapsed() / 500)).await;
    }
    wait_for(&settling).await;
    run.stop().await;
    assert_eq!(judge.violation(), None, "{scenario:?}\n{}", world.trace);
    if scenario.is_calm() && scenario.only_succeeds() {
        let is_damaged = |at: usize| {
            scenario.messages.iter().flat_map(|message| message.objects()).any(|object| {
                let is_lost = object.is_damaged && !scenario.routing.is_skipped(&object.key);
                is_lost && entries[at].iter().any(|entry| entry.key == object.key)
            })
        };
        for (at, standing) in list.standings().into_iter().enumerate() {
            let expected = if is_damaged(at) { Standing::GivenUp } else { Standing::Done };
            assert_eq!(standing, expected, "m{at} of {scenario:?}\n{}", world.trace);
        }
    }
}

/// Stops a run in this way. There is nothing to be cut off from.
async fn stopped(mut run: Run, how: Fault, judge: &Judge, trace: &Trace) {
    judge.storm(how);
    match how {
        Fault::Drain => {
            judge.draining();
            run.handle.drain();
        }
        Fault::Drop => run.task.abort(),
        _ => run.handle.abort(),
    }
    drop((&mut run.task).await);
    judge.calm(trace);
}

/// Waits for verdicts that are given late.
async fn wait_for(settling: &Arc<AtomicUsize>) {
    while settling.load(Ordering::Relaxed) > 0 {
        sleep(Duration::from_secs(600)).await;
    }
}

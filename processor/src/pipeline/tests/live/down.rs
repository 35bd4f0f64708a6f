//! Rows 1 and 4: something that a few or all messages need is down.

use super::{
    super::{
        logs::Logs,
        probe::{Act, Seen},
        world::World,
    },
    MINUTE, SECOND,
};
use crate::{
    Ack, BatchError, BatchProcessor, Builder, Context, DeferredProcessor, OutageClass, OutageOf,
    ProcessError, Record, State,
    port::PortErrorKind,
    testing::{Event, Place, QueueSettings, undelimited},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Two seconds of visibility, three receives: a failure that counts is soon the last.
fn hasty() -> World {
    World::with(QueueSettings {
        visibility_timeout: 2 * SECOND,
        max_receives: Some(3),
        ..QueueSettings::default()
    })
}

#[tokio::test(start_paused = true)]
async fn row_1_trap_70_three_objects_that_cannot_be_read_do_not_stop_the_healthy_ones() {
    let kinds = [PortErrorKind::Transient, PortErrorKind::Throttled, PortErrorKind::Denied];
    for kind in kinds {
        let world = World::with(QueueSettings { max_receives: Some(5), ..Default::default() });
        world.store.refuse("bad/", kind);
        (0..3).for_each(|n| drop(world.file(&format!("bad/{n}"), undelimited(1))));
        let run = world.start(world.with_probe(|_| Act::Done));
        sleep(30 * SECOND).await;
        let began = Instant::now();
        let healthy: Vec<_> =
            (0..50).map(|n| world.file(&format!("healthy/{n}"), undelimited(5))).collect();
        run.until("all are done", || {
            healthy.iter().all(|message| world.queue.place(message) == Place::Deleted)
        })
        .await;
        assert!(began.elapsed() < MINUTE, "{kind:?}: {:?}", began.elapsed());
        assert!(healthy.iter().all(|message| world.queue.receives(message) == 1));
        run.handle.abort();
        run.end().await.expect("it ends well");
    }
}

/// What a processor writes to; it can be full.
#[derive(Clone, Default)]
struct Disk(Arc<AtomicBool>);

impl Disk {
    fn set_full(&self, full: bool) {
        self.0.store(full, Ordering::Relaxed);
    }

    fn write(&self) -> Result<(), ProcessError> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(ProcessError::retry("no space left on device")),
            false => Ok(()),
        }
    }
}

impl BatchProcessor for Disk {
    async fn process_batch(&self, _: &[Record<'_>], _: &Context) -> Result<(), BatchError> {
        self.write().map_err(BatchError::whole)
    }
}

impl DeferredProcessor for Disk {
    async fn accept(&self, _: Record<'_>, _: &Context, ack: Ack) {
        let disk = self.clone();
        tokio::spawn(async move {
            sleep(SECOND / 10).await;
            ack.settle_with(disk.write());
        });
    }
}

/// A pipeline with a processor of each kind that writes to this disk.
fn pipelines(world: &World, disk: &Disk) -> Vec<Builder> {
    let of = disk.clone();
    let act = move |_: &Seen| if of.write().is_ok() { Act::Done } else { Act::Fail };
    vec![
        world.with_probe(act),
        world.builder().batch_processor("p", disk.clone()),
        world.builder().deferred_processor("p", disk.clone()),
    ]
}

#[tokio::test(start_paused = true)]
async fn row_4_trap_71_a_full_disk_costs_no_message_its_receives() {
    for (n, hours) in [(0, 1), (1, 1), (2, 1), (0, 6)] {
        let (world, disk) = (hasty(), Disk::default());
        disk.set_full(true);
        let messages: Vec<_> =
            (0..20).map(|n| world.file(&n.to_string(), undelimited(100))).collect();
        let run = world.start(pipelines(&world, &disk).swap_remove(n));
        sleep(hours * 60 * MINUTE).await;
        let outages = run.handle.outages();
        assert_eq!(
            (outages.len(), &outages[0].of, outages[0].class),
            (1, &OutageOf::Processor("p".into()), OutageClass::Failing),
            "{outages:?}"
        );
        let told = if n == 0 { "told to fail" } else { "no space left" };
        assert!(outages[0].error.contains(told), "{outages:?}");
        assert_eq!(run.handle.state(), State::Paused);
        assert!(world.queue.in_place(Place::Dead).is_empty(), "{n}");
        let tries = world.trace.count(|event| matches!(event, Event::Opened { .. }));
        assert!(tries < 400 * hours as usize, "{tries} in {hours} hours");
        disk.set_full(false);
        let began = Instant::now();
        run.until_finished().await;
        assert!(began.elapsed() < MINUTE, "{n}: {:?}", began.elapsed());
        assert_eq!(run.handle.state(), State::Running);
        run.stop().await;
        for message in &messages {
            assert_eq!(
                (world.queue.place(message), world.queue.receives(message)),
                (Place::Deleted, 1),
                "{n}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_71_the_first_three_fail_together_though_each_waits_for_company() {
    let (world, disk) = (hasty(), Disk::default());
    disk.set_full(true);
    let run = world.start(pipelines(&world, &disk).swap_remove(0));
    let mut messages = Vec::new();
    for n in 0..3 {
        messages.push(world.file(&n.to_string(), undelimited(1)));
        sleep(2 * SECOND).await;
    }
    run.until("it is down", || run.handle.state() == State::Paused).await;
    assert!(messages.iter().all(|message| world.queue.receives(message) == 1));
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn trap_71_a_processor_that_fails_for_one_prefix_is_not_down() {
    let world = hasty();
    let act = |seen: &Seen| if seen.key.starts_with("bad") { Act::Fail } else { Act::Done };
    let run = world.start(world.with_probe(act));
    let (mut bad, mut good) = (Vec::new(), Vec::new());
    for n in 0..40 {
        bad.push(world.file(&format!("bad/{n}"), undelimited(3)));
        good.push(world.file(&format!("good/{n}"), undelimited(3)));
        sleep(2 * SECOND).await;
    }
    assert_eq!(run.handle.stats().outages.declared, 0, "while there are others");
    run.until_finished().await;
    run.stop().await;
    assert!(bad.iter().all(|message| world.queue.place(message) == Place::Dead));
    for message in &good {
        assert_eq!(world.queue.receives(message), 1);
        assert_eq!(world.queue.place(message), Place::Deleted);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_71_rejected_records_and_panics_are_never_an_outage() {
    for act in [|| Act::Reject, || Act::Panic] {
        let world = hasty();
        (0..10).for_each(|n| drop(world.file(&n.to_string(), undelimited(3))));
        let stats = world.run(world.with_probe(move |_| act())).await;
        assert_eq!(stats.outages.declared, 0);
        assert_eq!(world.queue.in_place(Place::Dead).len(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_71_one_processor_that_is_down_holds_the_object_and_its_name_is_told() {
    let (world, disk) = (hasty(), Disk::default());
    disk.set_full(true);
    (0..5).for_each(|n| drop(world.file(&n.to_string(), undelimited(3))));
    let of = disk.clone();
    let probe =
        world.probe("disk", move |_| if of.write().is_ok() { Act::Done } else { Act::Fail });
    let logs = Logs::gather();
    let builder = world.builder().processor("disk", probe);
    let run = world.start(builder.processor("other", world.probe("other", |_| Act::Done)));
    run.until("it is down", || run.handle.state() == State::Paused).await;
    assert!(logs.say(&["outage", "processor disk", "told to fail", "depends on"]));
    let held = run.handle.outages()[0].held as usize;
    let waiting = run.handle.in_flight().iter().filter(|object| !object.opened).count();
    assert!(held > 0 && waiting >= held, "{held} held, {waiting} shown");
    sleep(Duration::from_secs(100)).await;
    disk.set_full(false);
    run.until_finished().await;
    run.stop().await;
    assert_eq!(world.queue.in_place(Place::Deleted).len(), 5);
    assert!((0..5).all(|n| world.all_done(&["disk", "other"], &n.to_string(), 3)));
}

/// An error that cannot even be shown.
#[derive(Debug)]
struct Unshowable;

impl std::fmt::Display for Unshowable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the hook's noise.
        std::panic::resume_unwind(Box::new("told to panic"))
    }
}

impl std::error::Error for Unshowable {}

#[tokio::test(start_paused = true)]
async fn trap_71_an_error_that_cannot_be_shown_costs_no_verdict() {
    let world = hasty();
    for n in 0..5 {
        world.file(&n.to_string(), undelimited(3));
    }
    let processor = crate::from_fn(|_, _| async { Err(ProcessError::retry(Unshowable)) });
    let run = world.start(world.builder().processor("p", processor));
    run.until("it is down", || run.handle.state() == State::Paused).await;
    assert_eq!(run.handle.outages()[0].error, "(its display panicked)");
    assert_eq!(run.handle.stats().processors["p"].cancelled, 0);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn trap_71_draining_hands_back_what_waits_for_a_processor_at_once() {
    let (world, disk) = (hasty(), Disk::default());
    disk.set_full(true);
    (0..10).for_each(|n| drop(world.file(&n.to_string(), undelimited(3))));
    let run = world.start(pipelines(&world, &disk).swap_remove(0));
    sleep(10 * MINUTE).await;
    assert_eq!(run.handle.state(), State::Paused);
    let began = Instant::now();
    let stats = run.stop().await;
    // A receive may be open; it is waited for, as always.
    assert!(began.elapsed() <= 2 * SECOND, "{:?}", began.elapsed());
    assert_eq!(stats.messages.lease_lost + stats.messages.left_to_time_out, 0, "{stats:?}");
    assert_eq!(world.queue.in_place(Place::Dead).len(), 0);
}

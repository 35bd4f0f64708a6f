//! By what an outage ends.

use super::{
    super::{probe::Act, world::World},
    HOUR, MINUTE, SECOND,
    world::{all_done, declared, files, over, slow_files, start, world},
};
use crate::{
    Limits, OutageClass, OutageOf,
    port::PortErrorKind,
    testing::{Fault, Op, Place, ndjson, undelimited},
};
use tokio::time::sleep;

fn network(world: &World, is_there: bool) {
    world.store.cut(!is_there);
    let fault = if is_there { Fault::None } else { Fault::Refuse(PortErrorKind::Transient) };
    for op in [Op::Receive, Op::Change, Op::Delete] {
        world.queue.fail_always(op, fault.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn trap_52_the_network_gone_for_hours_costs_at_most_the_receive_that_it_broke() {
    let world = world();
    let early = files(&world, "early", 10);
    network(&world, true);
    let probe = world.with_probe(|seen| match seen.index {
        4 => Act::Take(5 * SECOND),
        _ => Act::Done,
    });
    let run = world.start(probe);
    sleep(SECOND).await;
    network(&world, false);
    // What a long poll that is open would bring is lost, and costs a receive.
    sleep(30 * SECOND).await;
    let late = files(&world, "late", 30);
    run.until("the queue is out", || {
        run.handle.outages().iter().any(|outage| outage.of == OutageOf::Queue)
    })
    .await;
    sleep(7 * HOUR).await;
    network(&world, true);
    run.until_finished().await;
    run.stop().await;
    all_done(&world, &early, 2);
    all_done(&world, &late, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_52_both_sides_out_from_the_middle_of_everything() {
    let world = world();
    let messages = files(&world, "a", 40);
    let large = world.file("large", ndjson(30_000));
    world.store.chunk_size(1_000);
    let run = world.start(world.with_probe(|_| Act::Take(SECOND)));
    sleep(3 * SECOND).await;
    network(&world, false);
    sleep(7 * HOUR).await;
    assert!(!run.handle.outages().is_empty());
    network(&world, true);
    run.until_finished().await;
    run.stop().await;
    all_done(&world, &messages, 2);
    all_done(&world, &[large], 2);
}

#[tokio::test(start_paused = true)]
async fn trap_52_bodies_cut_by_an_outage_hold_nothing_and_are_begun_anew() {
    for kind in [PortErrorKind::Transient, PortErrorKind::Credentials, PortErrorKind::Denied] {
        let world = world();
        let messages = slow_files(&world, 8);
        let run = start(&world);
        sleep(20 * SECOND).await;
        world.store.cut(true);
        world.store.refuse("", kind);
        declared(&run).await;
        sleep(HOUR).await;
        assert_eq!((world.store.open(), run.handle.stats().messages.deleted), (0, 0));
        world.store.cut(false);
        run.until_finished().await;
        run.stop().await;
        all_done(&world, &messages, 1);
        let again = world.store.reads().into_iter().filter(|read| read.from == 0).count();
        assert_eq!(again, 16, "{kind:?}: each was begun twice");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_52_forbidden_objects_alone_pause_until_a_healthy_one_comes() {
    let world = world();
    world.store.refuse("denied/", PortErrorKind::Denied);
    let denied = files(&world, "denied/", 3);
    let run = start(&world);
    declared(&run).await;
    sleep(HOUR).await;
    let healthy = files(&world, "healthy/", 5);
    assert!(over(&run).await <= MINUTE, "one message now and then is received to see");
    run.until("the healthy ones are done", || world.queue.in_place(Place::Deleted).len() == 5)
        .await;
    all_done(&world, &healthy, 1);
    // What outlived an outage that others ended is not spared again.
    run.until("they failed", || run.handle.stats().objects.unreadable == 3).await;
    assert!(denied.iter().all(|message| world.queue.receives(message) == 1));
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn trap_52_forbidden_objects_take_no_slot_from_a_healthy_one() {
    let world = world();
    world.store.refuse("denied/", PortErrorKind::Denied);
    files(&world, "denied/", 10);
    let limits = Limits::default().messages(10);
    let run = world.start(world.with_probe(|_| Act::Done).limits(limits));
    declared(&run).await;
    let healthy = files(&world, "healthy/", 3);
    over(&run).await;
    run.until("the healthy ones are done", || world.queue.in_place(Place::Deleted).len() == 3)
        .await;
    all_done_healthy(&world, &healthy);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

fn all_done_healthy(world: &World, healthy: &[String]) {
    assert!(healthy.iter().all(|message| world.queue.receives(message) == 1), "{}", world.trace);
}

#[tokio::test(start_paused = true)]
async fn trap_52_one_healthy_object_among_those_held_ends_it() {
    let world = world();
    world.store.refuse("", PortErrorKind::Denied);
    files(&world, "denied", 6);
    let healthy = world.file("healthy", undelimited(3));
    let run = start(&world);
    declared(&run).await;
    world.store.allow("");
    world.store.refuse("denied", PortErrorKind::Denied);
    let took = over(&run).await;
    assert!(took < 4 * MINUTE, "each of seven had its turn: {took:?}");
    run.until("it is done", || world.queue.place(&healthy) == Place::Deleted).await;
    assert_eq!(world.queue.receives(&healthy), 1);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn trap_52_an_object_that_is_gone_shows_that_the_store_answers() {
    let world = world();
    world.store.refuse("", PortErrorKind::Transient);
    let messages = files(&world, "a", 5);
    let run = start(&world);
    assert_eq!(declared(&run).await, OutageClass::Unreachable);
    (0..5).for_each(|n| world.store.remove(&format!("a{n}")));
    world.store.allow("");
    over(&run).await;
    run.until_finished().await;
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Dead));
    run.stop().await;
}

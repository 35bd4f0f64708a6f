//! What is an outage, and what is not.

use super::{
    super::{logs::Logs, probe::Act},
    HOUR, MINUTE, SECOND,
    world::{all_done, asked, declared, files, over, start, world},
};
use crate::{
    Limits, OutageClass, State,
    port::PortErrorKind,
    testing::{ObjectFault, Place, undelimited},
};
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn trap_52_each_way_in_which_everything_fails_for_hours_costs_no_receive() {
    let ways = [
        (PortErrorKind::Credentials, OutageClass::Credentials),
        (PortErrorKind::Denied, OutageClass::Denied),
        (PortErrorKind::Throttled, OutageClass::Throttled),
        (PortErrorKind::Transient, OutageClass::Unreachable),
    ];
    for (kind, class) in ways {
        let world = world();
        let messages = files(&world, "a", 30);
        world.store.refuse("", kind);
        let run = start(&world);
        assert_eq!(declared(&run).await, class);
        sleep(5 * HOUR).await;
        let outages = run.handle.outages();
        // The others came one by one, to see whether they fare better.
        assert_eq!((outages.len(), outages[0].held), (1, 30));
        assert!(
            outages[0].error.contains("refused") && outages[0].example.starts_with("s3://data/a"),
            "{outages:?}"
        );
        assert!(outages[0].trials > 500 && outages[0].age >= 4 * HOUR, "{outages:?}");
        assert!(asked(&world) < 1_500, "one asks, at most every 15 seconds: {}", asked(&world));
        world.store.allow("");
        assert!(over(&run).await <= 31 * SECOND);
        run.until_finished().await;
        let stats = run.stop().await;
        all_done(&world, &messages, 1);
        assert_eq!((stats.outages.declared, stats.outages.over), (1, 1), "{class}");
        assert_eq!(
            (stats.messages.released, stats.objects.unreadable, stats.messages.lease_lost),
            (0, 0, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_52_one_denied_object_however_often_it_comes_is_its_own_failure() {
    let world = world();
    let denied = world.file("denied", undelimited(1));
    world.store.refuse("denied", PortErrorKind::Denied);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((world.queue.place(&denied), world.queue.receives(&denied)), (Place::Dead, 3));
    assert_eq!((stats.outages.declared, stats.objects.unreadable, asked(&world)), (0, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn trap_52_denied_objects_among_healthy_ones_fail_alone() {
    let world = world();
    let mut healthy = Vec::new();
    let mut denied = Vec::new();
    world.store.refuse("denied/", PortErrorKind::Denied);
    let run = start(&world);
    // Ten at a time, most of them denied, and the denied ones are answered first.
    for n in 0..100 {
        if n < 20 {
            denied.extend(files(&world, &format!("denied/{n}/"), 7));
        }
        for m in 0..3 {
            let key = format!("healthy/{n}/{m}");
            world.store.fail(&key, ObjectFault::SlowOpen(SECOND / 2), 1);
            healthy.push(world.file(&key, undelimited(5)));
        }
        sleep(4 * SECOND).await;
    }
    let stats = run.handle.stats();
    assert_eq!(stats.outages.declared, 0, "{}", world.trace);
    assert!(denied.iter().all(|message| world.queue.place(message) == Place::Dead));
    run.until_finished().await;
    run.stop().await;
    assert!(healthy.iter().all(|message| world.queue.place(message) == Place::Deleted));
    assert!(healthy.iter().all(|message| world.queue.receives(message) == 1));
}

#[tokio::test(start_paused = true)]
async fn trap_16_archived_objects_are_no_outage() {
    let world = world();
    world.store.refuse("archived", PortErrorKind::Fatal);
    let archived = files(&world, "archived", 10);
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert!(archived.iter().all(|message| world.queue.place(message) == Place::Dead));
    assert_eq!(stats.outages.declared, 0);
}

#[tokio::test(start_paused = true)]
async fn trap_52_missing_objects_are_no_outage() {
    let world = world();
    let missing = files(&world, "a", 10);
    (0..10).for_each(|n| world.store.remove(&format!("a{n}")));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert!(missing.iter().all(|message| world.queue.place(message) == Place::Dead));
    assert_eq!(stats.outages.declared, 0);
}

#[tokio::test(start_paused = true)]
async fn trap_52_expired_credentials_show_by_one_object() {
    let world = world();
    world.store.refuse("", PortErrorKind::Credentials);
    let messages = files(&world, "a", 1);
    let run = start(&world);
    assert_eq!(declared(&run).await, OutageClass::Credentials);
    sleep(3 * HOUR).await;
    world.store.allow("");
    run.until_finished().await;
    run.stop().await;
    all_done(&world, &messages, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_52_objects_that_come_one_by_one_are_a_crowd_too() {
    let world = world();
    world.store.refuse("", PortErrorKind::Denied);
    let run = start(&world);
    let mut messages = Vec::new();
    for n in 0..3 {
        messages.extend(files(&world, &format!("{n}/"), 1));
        sleep(25 * SECOND).await;
    }
    declared(&run).await;
    sleep(HOUR).await;
    world.store.allow("");
    run.until_finished().await;
    let stats = run.stop().await;
    // Fewer than three are no crowd: the first two fail alone meanwhile.
    all_done(&world, &messages, 3);
    assert_eq!(stats.outages.declared, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_52_where_one_object_fits_at_a_time_the_others_get_their_turn_to_fail() {
    let world = world();
    world.store.refuse("", PortErrorKind::Denied);
    let messages = files(&world, "a", 10);
    let limits = Limits::default().buffered_bytes(256 << 10);
    let run = world.start(world.with_probe(|_| Act::Done).limits(limits));
    declared(&run).await;
    sleep(HOUR).await;
    world.store.allow("");
    run.until_finished().await;
    run.stop().await;
    all_done(&world, &messages, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_53_a_store_that_asks_for_less_is_asked_less_and_costs_no_receive() {
    let world = world();
    let messages = files(&world, "a", 50);
    for n in 0..50 {
        world.store.fail(&format!("a{n}"), ObjectFault::Unavailable, 1 + n % 3);
    }
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    all_done(&world, &messages, 1);
    assert_eq!((stats.messages.released, stats.objects.unreadable), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_53_one_object_that_is_always_throttled_comes_back_after_minutes() {
    let world = world();
    world.store.refuse("hot", PortErrorKind::Throttled);
    let hot = world.file("hot", undelimited(1));
    let run = start(&world);
    sleep(4 * MINUTE).await;
    assert_eq!((world.queue.receives(&hot), run.handle.stats().objects.unreadable), (1, 0));
    run.until("it is given up", || run.handle.stats().objects.unreadable == 1).await;
    assert_eq!(run.handle.state(), State::Running);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trap_52_an_outage_is_told_once_with_its_cause_and_the_way_out() {
    let world = world();
    files(&world, "a", 10);
    world.store.refuse("", PortErrorKind::Denied);
    let logs = Logs::gather();
    let run = start(&world);
    declared(&run).await;
    sleep(HOUR).await;
    assert!(
        logs.say(&["outage", "class=denied", "s3://data/a", "kms:Decrypt", "refused"]),
        "{}",
        logs.text()
    );
    assert_eq!(logs.text().lines().count(), 1, "{}", logs.text());
    world.store.allow("");
    run.until_finished().await;
    run.stop().await;
}

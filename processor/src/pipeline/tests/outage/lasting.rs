//! What happens while an outage lasts.

use super::{
    super::probe::Act,
    HOUR, MINUTE, SECOND,
    world::{all_done, declared, files, start, world},
};
use crate::{
    OutageClass, OutageOf, State,
    port::PortErrorKind,
    testing::{Event, Fault, Op, Place},
};
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn trap_52_while_it_lasts_one_message_comes_now_and_then() {
    for kind in [PortErrorKind::Transient, PortErrorKind::Throttled, PortErrorKind::Denied] {
        let world = world();
        let early = files(&world, "early", 5);
        world.store.refuse("", kind);
        let run = start(&world);
        declared(&run).await;
        sleep(MINUTE).await;
        let late = files(&world, "late", 200);
        let before = run.handle.stats().messages.received;
        sleep(HOUR).await;
        let received = run.handle.stats().messages.received - before;
        assert!((120..=250).contains(&received), "{received} in an hour");
        world.store.allow("");
        run.until_finished().await;
        run.stop().await;
        all_done(&world, &[early, late].concat(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_52_beyond_twelve_hours_what_is_held_goes_back_once_and_one_comes_now_and_then() {
    let world = world();
    let messages = files(&world, "a", 20);
    world.store.refuse("", PortErrorKind::Throttled);
    let run = start(&world);
    declared(&run).await;
    sleep(23 * HOUR).await;
    assert_eq!(run.handle.state(), State::Paused);
    world.store.allow("");
    run.until_finished().await;
    let stats = run.stop().await;
    all_done(&world, &messages, 2);
    assert_eq!(stats.messages.lease_lost, 0, "they were handed back in time");
    assert_eq!(stats.outages.declared, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_52_what_lost_its_lease_is_no_longer_held_and_others_go_on_trying() {
    let world = world();
    let messages = files(&world, "a", 4);
    world.store.refuse("", PortErrorKind::Transient);
    let run = start(&world);
    declared(&run).await;
    sleep(MINUTE).await;
    // Its next extension is refused: another consumer has it by then.
    world.queue.fail_always(Op::Change, Fault::Entries(vec![0]));
    run.until("leases were lost", || run.handle.stats().messages.lease_lost > 0).await;
    world.queue.fail_always(Op::Change, Fault::None);
    let held = run.handle.outages()[0].held;
    assert!((1..4).contains(&held), "{held}");
    let trials = run.handle.outages()[0].trials;
    sleep(5 * MINUTE).await;
    assert!(run.handle.outages()[0].trials > trials + 5, "others went on asking");
    world.store.allow("");
    run.until_finished().await;
    run.stop().await;
    // The fault may have struck it once more before it was over.
    all_done(&world, &messages, 3);
}

#[tokio::test(start_paused = true)]
async fn trap_52_the_queues_own_outage_shows_and_ends() {
    let world = world();
    let run = start(&world);
    sleep(SECOND).await;
    world.queue.fail_always(Op::Receive, Fault::Refuse(PortErrorKind::Credentials));
    run.until("it shows", || run.handle.state() == State::Paused).await;
    sleep(HOUR).await;
    let outages = run.handle.outages();
    assert_eq!(
        (outages.len(), &outages[0].of, outages[0].class),
        (1, &OutageOf::Queue, OutageClass::Credentials)
    );
    assert!(outages[0].trials > 100 && outages[0].example.contains("sqs"), "{outages:?}");
    assert_eq!(serde_json::to_value(&outages[0]).unwrap()["class"], "Credentials");
    world.queue.fail_always(Op::Receive, Fault::None);
    let messages = files(&world, "a", 3);
    run.until_finished().await;
    assert_eq!(run.handle.state(), State::Running);
    let stats = run.stop().await;
    all_done(&world, &messages, 1);
    assert_eq!((stats.outages.declared, stats.outages.over), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_52_what_was_read_before_is_finished_during_an_outage() {
    let world = world();
    files(&world, "early", 1);
    let run = world.start(world.with_probe(|seen| match &*seen.key {
        "early0" => Act::Take(50 * SECOND),
        _ => Act::Done,
    }));
    run.until("it is worked on", || world.log.running() == 5).await;
    world.store.refuse("", PortErrorKind::Throttled);
    files(&world, "late", 4);
    declared(&run).await;
    run.until("it is done", || world.queue.in_place(Place::Deleted).len() == 1).await;
    assert_eq!(run.handle.state(), State::Paused);
    world.store.allow("");
    run.until_finished().await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trap_52_trials_come_at_growing_intervals_up_to_half_a_minute() {
    let world = world();
    files(&world, "a", 3);
    world.store.refuse("", PortErrorKind::Denied);
    let run = start(&world);
    declared(&run).await;
    sleep(HOUR).await;
    let trials = world.trace.times(|event| matches!(event, Event::Opened { .. })).split_off(3);
    let pauses: Vec<_> = trials.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses.iter().all(|pause| *pause <= 31 * SECOND), "{pauses:?}");
    assert!(pauses[5..].iter().all(|pause| *pause >= 15 * SECOND), "{pauses:?}");
    assert!(pauses[0] <= 3 * SECOND, "{pauses:?}");
    run.handle.abort();
    run.end().await.expect("it ends well");
}

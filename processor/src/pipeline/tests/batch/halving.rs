//! A batch that fails as a whole is halved, in the same delivery, until what fails stands alone.

use super::*;
use crate::{
    Limits, ProcessError, Retry,
    testing::{Place, undelimited},
};
use std::time::Duration;

fn options() -> BatchOptions {
    BatchOptions::default().max_wait(SECOND).retry(Retry::none())
}

/// Of 64 messages with four records each, one record fails whatever batch it is in, so.
fn poisoned(reply: fn() -> Reply) -> impl Fn(&super::bulk::Call) -> Reply + Send + Sync {
    move |call| match call.records.contains(&("17".into(), 2)) {
        true => reply(),
        false => Reply::Take(SECOND),
    }
}

fn files(world: &World) -> Vec<String> {
    (0..64).map(|n| world.file(&n.to_string(), undelimited(4))).collect()
}

async fn costs_only_its_own_message(retry: Retry, reply: fn() -> Reply, calls_at_most: usize) {
    let settings = crate::testing::QueueSettings { max_receives: Some(1), ..Default::default() };
    let world = World::with(settings);
    let messages = files(&world);
    let options = options().retry(retry).timeout(20 * SECOND);
    let (builder, calls) = Bulk::pipeline(&world, options, poisoned(reply));
    let stats = world.run(builder).await;
    assert_eq!(calls.sizes()[0], 256, "they are together at first");
    assert_eq!((stats.processors["b"].failed, stats.processors["b"].done), (1, 255));
    for (n, message) in messages.iter().enumerate() {
        let place = if n == 17 { Place::Dead } else { Place::Deleted };
        assert_eq!((world.queue.place(message), world.queue.receives(message)), (place, 1), "{n}");
    }
    assert!(calls.all().len() <= calls_at_most, "{:?}", calls.sizes());
}

/// Each time its batch is halved, its half fails and the other one is done.
const CALLS: usize = 1 + 2 * 8;

#[tokio::test(start_paused = true)]
async fn trap_76_a_record_that_rejects_its_batch_costs_only_its_own_message() {
    let reply = || Reply::Whole(ProcessError::reject("told to fail"));
    costs_only_its_own_message(Retry::times(3), reply, CALLS).await;
}

#[tokio::test(start_paused = true)]
async fn trap_76_a_record_that_panics_costs_only_its_own_message() {
    costs_only_its_own_message(Retry::none(), || Reply::Panic, CALLS).await;
    costs_only_its_own_message(Retry::times(20), || Reply::Panic, CALLS + 12).await;
}

#[tokio::test(start_paused = true)]
async fn trap_76_a_record_that_fails_its_batch_after_all_retries_costs_only_its_own_message() {
    let retry = || Reply::Whole(ProcessError::retry("told to fail"));
    for reply in [retry, || Reply::Forever] {
        costs_only_its_own_message(Retry::none(), reply, CALLS).await;
        costs_only_its_own_message(Retry::times(3), reply, CALLS + 3).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_alone_waits_once_for_others_to_fail_not_with_each_half() {
    let world = World::new();
    world.file("a", undelimited(500));
    let reply = |_: &super::bulk::Call| Reply::Whole(ProcessError::retry("the disk is full"));
    let (builder, _) = Bulk::pipeline(&world, options(), reply);
    let began = tokio::time::Instant::now();
    let run = world.start(builder);
    run.until("it failed", || run.handle.stats().objects.failed == 1).await;
    assert!(began.elapsed() <= 15 * SECOND, "{:?}", began.elapsed());
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_calls_for_what_always_fails_are_bounded() {
    for (retries, reply) in [
        (0, (|| Reply::Panic) as fn() -> _),
        (5, || Reply::Whole(ProcessError::reject("never"))),
        (5, || Reply::Whole(ProcessError::retry("busy"))),
    ] {
        let world = World::new();
        let message = world.file("a", undelimited(500));
        let retry = Retry::times(retries);
        let (builder, calls) = Bulk::pipeline(&world, options().retry(retry), move |call| {
            if call.receive_count == 1 { reply() } else { Reply::Done }
        });
        let stats = world.run(builder).await;
        assert_eq!((world.queue.receives(&message), stats.processors["b"].failed), (2, 500));
        let first = calls.all().iter().filter(|call| call.receive_count == 1).count();
        assert!(first <= 2 * 500 - 1 + retries as usize, "{first} calls");
    }
}

#[tokio::test(start_paused = true)]
async fn records_that_are_named_are_not_halved() {
    let world = World::new();
    files(&world);
    let act = |call: &super::bulk::Call| match call.receive_count {
        1 => {
            Reply::Some((0..call.records.len()).map(|i| (i, ProcessError::reject("no"))).collect())
        }
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(), act);
    world.run(builder).await;
    assert_eq!(calls.sizes(), [256, 256]);
}

#[tokio::test(start_paused = true)]
async fn a_half_waits_as_long_as_was_asked_for_and_no_other_does() {
    let world = World::new();
    world.file("a", undelimited(4));
    let act = |call: &super::bulk::Call| match (call.records.len(), call.records[0].1) {
        (4, _) => Reply::Whole(ProcessError::reject("one of you")),
        (2, 0) => Reply::Whole(ProcessError::retry_after(100 * SECOND, "busy")),
        (2, 2) => Reply::Take(SECOND),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(), act);
    let stats = world.run(builder).await;
    let tried: Vec<_> = calls
        .all()
        .iter()
        .map(|call| (call.records.len(), call.attempt, call.at.as_secs()))
        .collect();
    // An error that may pass waits for company first: the processor may be down.
    assert_eq!(tried, [(4, 1, 1), (2, 2, 1), (2, 2, 6), (1, 3, 106), (1, 3, 106)]);
    assert_eq!((stats.processors["b"].done, stats.processors["b"].retried), (4, 4 + 2));
}

#[tokio::test(start_paused = true)]
async fn halves_keep_to_the_concurrency_and_others_have_their_turn() {
    let world = World::new();
    files(&world);
    let poison = |call: &super::bulk::Call| match call.records.iter().any(|(_, i)| *i == 3) {
        true if call.records.len() > 1 => Reply::Panic,
        _ => Reply::Take(SECOND),
    };
    let (builder, calls) = Bulk::pipeline(&world, options().max_records(64).concurrency(2), poison);
    let run = world.start(builder);
    run.until("they are being halved", || calls.all().len() > 10).await;
    let late = world.file("late", undelimited(1));
    run.until("it has had its turn", || world.queue.place(&late) == Place::Deleted).await;
    assert!(!world.queue.is_finished());
    run.until_finished().await;
    run.stop().await;
    assert_eq!(calls.most_running(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_drain_finishes_what_is_being_halved() {
    let world = World::new();
    let messages = files(&world);
    let (builder, calls) = Bulk::pipeline(&world, options(), poisoned(|| Reply::Panic));
    let run = world.start(builder);
    run.until("it is being halved", || calls.all().len() > 3).await;
    let stats = run.stop().await;
    assert_eq!((calls.all().len(), stats.processors["b"].done), (CALLS, 255));
    assert_eq!(world.queue.in_place(Place::Deleted).len(), messages.len() - 1);
}

#[tokio::test(start_paused = true)]
async fn an_abort_gives_up_what_is_being_halved_and_no_verdict_comes_twice() {
    for calls_before in 1..CALLS {
        let world = World::new();
        files(&world);
        let (builder, calls) = Bulk::pipeline(&world, options(), poisoned(|| Reply::Panic));
        let run = world.start(builder);
        run.until("it is being halved", || calls.all().len() >= calls_before).await;
        run.handle.abort();
        let stats = run.end().await.expect("it ends well");
        let mine = &stats.processors["b"];
        assert_eq!(mine.done + mine.failed + mine.cancelled, 256, "{mine:?}");
        world.last_poll_ends().await;
        let waiting = world.queue.in_place(Place::InFlight).len() as u64;
        assert_eq!(waiting, mine.failed, "the others come back at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_object_leaves_a_batch_that_is_being_halved_at_once() {
    let world = World::new();
    let messages = ["a", "b"].map(|key| world.file(key, undelimited(2)));
    let act = |call: &super::bulk::Call| match call.records.len() {
        4 => Reply::Panic,
        _ if call.records[0].0 == "a" => Reply::Take(1_000 * SECOND),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options().no_timeout(), act);
    let run = world.start(builder.limits(Limits::default().messages(2)));
    run.until("its first half is tried", || calls.all().len() == 2).await;
    steal(&world, &messages[1], 10_000).await;
    run.until("it is no longer held", || run.handle.stats().messages.lease_lost == 1).await;
    assert!(run.handle.in_flight().iter().all(|object| object.key == "a"));
    run.until("the other one is done", || world.queue.place(&messages[0]) == Place::Deleted).await;
    assert_eq!(calls.sizes(), [4, 2]);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

/// How long 1,000 files of 5 records take, and in how many batches; received before, perhaps, by a
/// consumer that crashed.
async fn thousand_files(received_before: bool) -> (Duration, usize) {
    let world = World::new();
    for n in 0..1_000 {
        let message = world.file(&n.to_string(), undelimited(5));
        if received_before {
            steal(&world, &message, 1).await;
        }
    }
    tokio::time::sleep(2 * SECOND).await;
    let take = |_: &super::bulk::Call| Reply::Take(SECOND / 2);
    let (builder, calls) = Bulk::pipeline(&world, BatchOptions::default(), take);
    let began = tokio::time::Instant::now();
    let run = world.start(builder.limits(Limits::default().messages(1_000)));
    run.until_finished().await;
    let took = began.elapsed();
    run.stop().await;
    let expected = if received_before { 2 } else { 1 };
    assert!(calls.all().iter().all(|call| call.receive_count == expected));
    (took, calls.all().len())
}

#[tokio::test(start_paused = true)]
#[allow(clippy::print_stdout, reason = "a measurement, shown with --nocapture")]
async fn row_10_files_that_a_crashed_consumer_received_cost_what_fresh_ones_do() {
    let (fresh, again) = (thousand_files(false).await, thousand_files(true).await);
    println!("row 10: fresh {fresh:?}, received before {again:?}");
    assert!(again.0 <= 2 * fresh.0 && again.1 <= 2 * fresh.1, "{fresh:?}, {again:?}");
}

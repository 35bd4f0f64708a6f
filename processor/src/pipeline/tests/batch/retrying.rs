use super::*;
use crate::{
    Limits, ProcessError, Retry,
    testing::{Place, undelimited},
};
use std::time::Duration;

fn options(retry: Retry) -> BatchOptions {
    BatchOptions::default().max_wait(SECOND).retry(retry)
}

fn bad() -> ProcessError {
    ProcessError::retry("told to fail")
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_is_tried_again_in_place() {
    let world = World::new();
    let messages = ["a", "b"].map(|key| world.file(key, undelimited(3)));
    let act = |call: &super::bulk::Call| match call.attempt {
        1 => Reply::Some(vec![(1, bad()), (4, bad())]),
        2 => Reply::Some(vec![(1, bad())]),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(Retry::times(3)), act);
    let stats = world.run(builder).await;
    let tried: Vec<_> =
        calls.all().iter().map(|call| (call.attempt, call.records.clone())).collect();
    let record = |key: &str, index| (key.to_owned(), index);
    assert_eq!(tried[1..], [(2, vec![record("a", 1), record("b", 1)]), (3, vec![record("b", 1)])]);
    assert_eq!(messages.map(|message| world.queue.receives(&message)), [1, 1]);
    let mine = &stats.processors["b"];
    assert_eq!((mine.done, mine.failed, mine.retried), (6, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn tries_end_and_what_is_rejected_is_not_tried_again() {
    let world = World::new();
    world.file("a", undelimited(2));
    let act = |call: &super::bulk::Call| match (call.receive_count, call.attempt) {
        (1, 1) => Reply::Some(vec![(0, bad()), (1, ProcessError::reject("never"))]),
        (1, _) => Reply::Whole(bad()),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(Retry::times(2)), act);
    let stats = world.run(builder).await;
    assert_eq!(calls.sizes(), [2, 1, 1, 2]);
    assert_eq!((stats.processors["b"].failed, stats.processors["b"].retried), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_done_does_not_wait_for_anothers_retry() {
    let world = World::new();
    let [first, second] = ["a", "b"].map(|key| world.file(key, undelimited(2)));
    let act = |call: &super::bulk::Call| match call.attempt {
        1 => Reply::Some(vec![(3, ProcessError::retry_after(3_000 * SECOND, "busy"))]),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(Retry::times(1)), act);
    let run = world.start(builder);
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!(
        [&first, &second].map(|message| world.queue.place(message)),
        [Place::Deleted, Place::InFlight]
    );
    run.until_finished().await;
    assert_eq!((calls.sizes(), world.queue.receives(&second)), (vec![4, 1], 1));
    run.stop().await;
}

/// When the second of two batches begins, while the first one rests for about 100 s.
async fn second_begins(keep_place: bool) -> Duration {
    let world = World::new();
    drop(["a", "b"].map(|key| world.file(key, undelimited(2))));
    let act = |call: &super::bulk::Call| match call.records[0].0.as_str() {
        "a" if call.attempt == 1 => Reply::Whole(bad()),
        _ => Reply::Done,
    };
    let retry = Retry::times(1).backoff(200 * SECOND, 200 * SECOND).keep_place(keep_place);
    let (builder, calls) =
        Bulk::pipeline(&world, options(retry).max_records(2).concurrency(1), act);
    world.run(builder).await;
    assert_eq!(calls.sizes(), [2, 2, 2]);
    calls.all().into_iter().find(|call| call.records[0].0 == "b").expect("it was tried").at
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_rests_gives_its_place_to_others_unless_it_keeps_it() {
    assert!(second_begins(false).await < 2 * SECOND);
    assert!(second_begins(true).await > 100 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_rests_gives_up_stopped_objects_at_once() {
    let world = World::new();
    let message = world.file("a", undelimited(2));
    let retry = Retry::times(1).backoff(3_600 * SECOND, 3_600 * SECOND);
    let (builder, calls) = Bulk::pipeline(&world, options(retry), |_| Reply::Whole(bad()));
    let run = world.start(builder.limits(Limits::default().messages(1)));
    run.until("it was tried", || !calls.all().is_empty()).await;
    steal(&world, &message, 10_000).await;
    run.until("it is no longer held", || run.handle.stats().messages.lease_lost == 1).await;
    assert_eq!(run.handle.stats().processors["b"].cancelled, 2);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn failures_that_cut_an_object_short_end_the_rest_of_its_tries() {
    let world = World::new();
    let message = world.file("a", undelimited(4));
    let act = |call: &super::bulk::Call| match call.receive_count {
        1 => Reply::Some(vec![(0, ProcessError::reject("never")), (1, bad())]),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options(Retry::times(5)), act);
    let stats = world.run(builder.limits(Limits::default().failed_records(1))).await;
    assert_eq!((calls.sizes(), world.queue.receives(&message)), (vec![4, 4], 2));
    let mine = &stats.processors["b"];
    assert_eq!((mine.done, mine.failed, mine.cancelled, mine.retried), (2 + 4, 1, 1, 0));
}

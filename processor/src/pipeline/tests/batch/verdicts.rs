use super::*;
use crate::{
    BatchError, BatchProcessor, BoxedBatchProcessor, Context, OwnedRecord, ProcessError, Record,
    from_batch_fn,
    testing::{Event, Place, undelimited},
};
use std::sync::Arc;

fn options() -> BatchOptions {
    BatchOptions::default().max_wait(SECOND)
}

fn bad() -> ProcessError {
    ProcessError::retry("told to fail")
}

/// Two messages with an object of four records each, one batch; what it comes to at the first
/// receive.
async fn two_messages(
    reply: fn(&super::bulk::Call) -> Reply,
) -> ([u32; 2], super::bulk::Calls, crate::Stats) {
    let world = World::new();
    let messages = ["a", "b"].map(|key| world.file(key, undelimited(4)));
    let act = move |call: &super::bulk::Call| {
        if call.receive_count == 1 { reply(call) } else { Reply::Done }
    };
    let (builder, calls) = Bulk::pipeline(&world, options().timeout(20 * SECOND), act);
    let stats = world.run(builder).await;
    assert_eq!(world.queue.in_place(Place::Deleted).len(), 2);
    assert_eq!(calls.all()[0].records.len(), 8);
    (messages.map(|message| world.queue.receives(&message)), calls, stats)
}

#[tokio::test(start_paused = true)]
async fn each_verdict_goes_to_its_own_object() {
    let failing = |call: &super::bulk::Call| {
        let at =
            call.records.iter().position(|record| *record == ("b".into(), 1)).expect("it is there");
        Reply::Some(vec![(at, bad())])
    };
    let (receives, calls, stats) = two_messages(failing).await;
    assert_eq!((receives, calls.sizes()), ([1, 2], vec![8, 4]));
    assert_eq!((stats.processors["b"].done, stats.processors["b"].failed), (11, 1));
    assert_eq!((stats.objects.done, stats.objects.failed, stats.messages.released), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_come_in_any_order_and_a_record_named_twice_fails_once() {
    let (receives, _, stats) =
        two_messages(|_| Reply::Some(vec![(7, bad()), (0, bad()), (7, bad())])).await;
    assert_eq!((receives, stats.processors["b"].failed), ([2, 2], 2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_whole_batch_is_every_records() {
    let (receives, _, stats) = two_messages(|_| Reply::Whole(bad())).await;
    assert_eq!(
        (receives, stats.processors["b"].failed, stats.processors["b"].done),
        ([2, 2], 8, 8)
    );
}

#[tokio::test(start_paused = true)]
async fn an_index_beyond_the_batch_fails_the_whole_batch() {
    let (receives, _, stats) = two_messages(|_| Reply::Some(vec![(8, bad())])).await;
    assert_eq!((receives, stats.processors["b"].failed), ([2, 2], 8));
}

#[tokio::test(start_paused = true)]
async fn no_failure_at_all_is_success() {
    let (receives, _, stats) = two_messages(|_| Reply::Some(Vec::new())).await;
    assert_eq!((receives, stats.processors["b"].done), ([1, 1], 8));
}

#[tokio::test(start_paused = true)]
async fn trap_49_a_panic_fails_the_batch_and_no_more() {
    let (receives, _, stats) = two_messages(|_| Reply::Panic).await;
    assert_eq!(
        (receives, stats.processors["b"].failed, stats.processors["b"].panicked),
        ([2, 2], 8, 2 * 8 - 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_fails() {
    let (receives, calls, stats) = two_messages(|_| Reply::Forever).await;
    assert_eq!(
        (receives, stats.processors["b"].failed, stats.processors["b"].timed_out),
        ([2, 2], 8, 2 * 8 - 1)
    );
    let again = calls.all().iter().find(|call| call.receive_count == 2).map(|call| call.at);
    assert!(again > Some((11 * 20 + 30) * SECOND), "11 tries of 20 s and 30 s of delay: {again:?}");
}

#[tokio::test(start_paused = true)]
async fn the_longest_delay_asked_for_counts_for_its_own_message_only() {
    let (receives, calls, _) = two_messages(|call| {
        let first = call.records[0].0.clone();
        let later = |n: usize| {
            (n, ProcessError::retry_after(if n == 0 { 100 * SECOND } else { SECOND }, "busy"))
        };
        assert_eq!(first, "a");
        Reply::Some((0..8).map(later).collect())
    })
    .await;
    let keys: Vec<_> =
        calls.all().iter().map(|call| (call.records[0].0.clone(), call.at.as_secs())).collect();
    assert_eq!(receives, [2, 2]);
    assert!(keys[1].0 == "b" && (30..40).contains(&keys[1].1), "{keys:?}");
    assert!(keys[2].0 == "a" && (101..110).contains(&keys[2].1), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn aborting_tells_a_batch_and_hands_its_messages_back_at_once() {
    let world = World::new();
    let messages = ["a", "b"].map(|key| world.file(key, undelimited(4)));
    let (builder, calls) = Bulk::pipeline(&world, options(), |_| Reply::UntilCancelled);
    let run = world.start(builder);
    run.until("it runs", || !calls.all().is_empty()).await;
    run.handle.abort();
    let stats = run.end().await.expect("it ends well");
    world.last_poll_ends().await;
    assert_eq!(messages.map(|message| world.queue.place(&message)), [Place::Visible; 2]);
    assert_eq!(stats.processors["b"].cancelled, 8);
    assert_eq!(world.trace.count(|event| matches!(event, Event::Deleted { .. })), 0);
}

/// Names its failures by the records themselves, in the order of their sizes.
struct Sorting;

impl BatchProcessor for Sorting {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        let mut sorted: Vec<_> = records.iter().collect();
        sorted.sort_by_key(|record| std::cmp::Reverse(record.index()));
        let failed = sorted.into_iter().filter(|record| record.index() == 3);
        match cx.receive_count() {
            1 => BatchError::of_records(failed.map(|record| (record, bad()))),
            _ => Ok(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_may_be_named_by_their_records() {
    let world = World::new();
    let messages = ["a", "b"].map(|key| world.file(key, undelimited(4)));
    let boxed = BoxedBatchProcessor::new(Sorting);
    let stats = world.run(world.builder().batch_processor("b", boxed)).await;
    assert_eq!((stats.processors["b"].done, stats.processors["b"].failed), (3 + 3 + 4 + 4, 2));
    assert!(messages.iter().all(|message| world.queue.receives(message) == 2));
    // One that is not of the batch fails all of it.
    let world = World::new();
    world.file("a", undelimited(2));
    let stranger = Arc::new(crate::testing::record("x", 0, "1"));
    let builder = world.builder().batch_processor(
        "b",
        from_batch_fn(move |records: Vec<OwnedRecord>, cx| {
            let stranger = Arc::clone(&stranger);
            async move {
                assert!(!records.is_empty());
                match cx.receive_count() {
                    1 => BatchError::of_records([(&stranger.as_record(), bad())]),
                    _ => Ok(()),
                }
            }
        }),
    );
    let stats = world.run(builder).await;
    assert_eq!((stats.processors["b"].done, stats.processors["b"].failed), (2, 2));
}

//! Trying again: in place, and with the next delivery.

use super::{SECOND, probe::Act, thief::steal, world::World};
use crate::{
    Builder, Context, Limits, OwnedRecord, ProcessError, ProcessorOptions, Redelivery, Retry,
    from_fn,
    testing::{Event, Place, undelimited},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

/// A try: which record, which attempt, which delivery, and when.
type Try = (u64, u32, u32, Duration);

#[derive(Clone, Default)]
struct Tries(Arc<Mutex<Vec<Try>>>);

impl Tries {
    fn all(&self) -> Vec<Try> {
        self.0.lock().unwrap().clone()
    }

    fn of(&self, index: u64) -> Vec<Try> {
        self.all().into_iter().filter(|(of, ..)| *of == index).collect()
    }
}

/// A pipeline with one processor, called `p`, that notes each try and does what it is told.
fn pipeline(
    world: &World,
    options: ProcessorOptions,
    act: impl Fn(u64, u32, u32) -> Act + Send + Sync + 'static,
) -> (Builder, Tries) {
    let tries = Tries::default();
    let (log, origin, act) = (tries.clone(), Instant::now(), Arc::new(act));
    let processor = from_fn(move |record: OwnedRecord, cx: Context| {
        let (index, attempt, receive_count) = (record.index(), cx.attempt(), cx.receive_count());
        log.0.lock().unwrap().push((index, attempt, receive_count, origin.elapsed()));
        let act = act(index, attempt, receive_count);
        async move {
            match act {
                Act::Fail => Err(ProcessError::retry("told to fail")),
                Act::Reject => Err(ProcessError::reject("told to reject")),
                Act::RetryAfter(delay) => Err(ProcessError::retry_after(delay, "told to wait")),
                Act::Take(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Act::Forever => std::future::pending().await,
                Act::Panic => std::panic::resume_unwind(Box::new("told to panic".to_owned())),
                _ => Ok(()),
            }
        }
    });
    (world.builder().processor_with("p", options, processor), tries)
}

fn retrying(retry: Retry) -> ProcessorOptions {
    ProcessorOptions::default().retry(retry)
}

fn first_delivery(act: Act) -> impl Fn(u64, u32, u32) -> Act {
    move |index, _, receive_count| if index == 1 && receive_count == 1 { act } else { Act::Done }
}

#[tokio::test(start_paused = true)]
async fn a_record_is_tried_again_so_many_times_and_no_more() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let (builder, tries) = pipeline(&world, retrying(Retry::times(3)), first_delivery(Act::Fail));
    let stats = world.run(builder).await;
    let of: Vec<_> = tries
        .of(1)
        .iter()
        .map(|(_, attempt, receive_count, _)| (*receive_count, *attempt))
        .collect();
    assert_eq!(of, [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]);
    assert_eq!((tries.of(0).len(), tries.of(2).len(), world.queue.receives(&message)), (2, 2, 2));
    let mine = &stats.processors["p"];
    assert_eq!((mine.done, mine.failed, mine.retried), (5, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_works_settles_the_record() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let act = |index, attempt, _| match (index, attempt) {
        (1, 1) => Act::Fail,
        (1, 2) => Act::Panic,
        (2, 1) => Act::Forever,
        _ => Act::Done,
    };
    let options = retrying(Retry::times(2)).timeout(5 * SECOND);
    let (builder, tries) = pipeline(&world, options, act);
    let stats = world.run(builder).await;
    let mine = &stats.processors["p"];
    assert_eq!(
        (mine.done, mine.failed, mine.retried, mine.panicked, mine.timed_out),
        (3, 0, 3, 1, 1)
    );
    assert_eq!((world.queue.receives(&message), world.queue.place(&message)), (1, Place::Deleted));
    assert_eq!((tries.of(0).len(), tries.of(1).len(), tries.of(2).len()), (1, 3, 2));
}

#[tokio::test(start_paused = true)]
async fn each_try_has_the_whole_time_out() {
    let world = World::new();
    world.file("a", undelimited(2));
    let act = |index, attempt, _| match (index, attempt) {
        (1, 1) => Act::Forever,
        (1, 2) => Act::Take(9 * SECOND),
        _ => Act::Done,
    };
    let options = retrying(Retry::times(1).backoff(SECOND, SECOND)).timeout(10 * SECOND);
    let (builder, tries) = pipeline(&world, options, act);
    let stats = world.run(builder).await;
    let gap = tries.of(1)[1].3 - tries.of(1)[0].3;
    assert!((10_500..=11_010).contains(&gap.as_millis()), "{gap:?}");
    assert_eq!(
        (stats.processors["p"].timed_out, stats.messages.deleted, stats.messages.released),
        (1, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_the_longest_and_are_shortened_at_random() {
    let world = World::new();
    world.file("a", undelimited(40));
    let retry = Retry::times(4).backoff(SECOND, 4 * SECOND);
    let (builder, tries) = pipeline(&world, retrying(retry), |_, attempt, _| match attempt {
        5 => Act::Done,
        _ => Act::Fail,
    });
    let stats = world.run(builder).await;
    assert_eq!((stats.messages.deleted, stats.messages.released), (1, 0));
    let mut different = std::collections::BTreeSet::new();
    for index in 0..40 {
        let at: Vec<_> = tries.of(index).into_iter().map(|(.., at)| at).collect();
        for (pair, longest) in at.windows(2).zip([1_000, 2_000, 4_000, 4_000]) {
            let gap = (pair[1] - pair[0]).as_millis();
            assert!((longest / 2..=longest + 2).contains(&gap), "{gap} ms of {longest}");
            different.insert(gap);
        }
    }
    assert!(different.len() > 50, "they come back together: {different:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() {
    let world = World::new();
    world.file("a", undelimited(2));
    let act = |index, attempt, _| match (index, attempt) {
        (0, 1) => Act::RetryAfter(90 * SECOND),
        (1, 1) => Act::RetryAfter(SECOND / 100),
        _ => Act::Done,
    };
    let (builder, tries) =
        pipeline(&world, retrying(Retry::times(1).backoff(20 * SECOND, 20 * SECOND)), act);
    let stats = world.run(builder).await;
    let gap = |index| (tries.of(index)[1].3 - tries.of(index)[0].3).as_secs();
    assert!(gap(0) == 90 && (10..=20).contains(&gap(1)), "{} {}", gap(0), gap(1));
    assert_eq!(stats.messages.released, 0, "the lease was kept meanwhile");
}

#[tokio::test(start_paused = true)]
async fn what_is_rejected_is_not_tried_again_in_place() {
    let world = World::new();
    let message = world.file("a", undelimited(2));
    let (builder, tries) = pipeline(&world, retrying(Retry::times(5)), first_delivery(Act::Reject));
    let stats = world.run(builder).await;
    assert_eq!((tries.of(1).len(), world.queue.receives(&message)), (2, 2));
    assert_eq!((stats.processors["p"].retried, stats.processors["p"].failed), (0, 1));
}

/// When the record after the one that rests for about 100 s begins.
async fn next_begins(keep_place: bool) -> Duration {
    let world = World::new();
    world.file("a", undelimited(2));
    let retry = Retry::times(1).backoff(200 * SECOND, 200 * SECOND).keep_place(keep_place);
    let act = |index, attempt, _| if (index, attempt) == (0, 1) { Act::Fail } else { Act::Done };
    let (builder, tries) = pipeline(&world, retrying(retry).concurrency(1), act);
    world.run(builder).await;
    tries.of(1)[0].3
}

#[tokio::test(start_paused = true)]
async fn a_record_that_rests_gives_its_place_to_others_unless_it_keeps_it() {
    assert!(next_begins(false).await < SECOND);
    assert!(next_begins(true).await > 100 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_rests_is_given_up_as_soon_as_it_is_pointless() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let retry = Retry::times(1).backoff(40_000 * SECOND, 40_000 * SECOND);
    let (builder, tries) = pipeline(&world, retrying(retry), first_delivery(Act::Fail));
    let run = world.start(builder.limits(Limits::default().messages(1)));
    run.until("it was tried", || tries.all().len() == 3).await;
    steal(&world, &message, 100).await;
    run.until("it is no longer held", || run.handle.stats().messages.lease_lost == 1).await;
    let mine = run.handle.stats().processors["p"].clone();
    assert_eq!((mine.cancelled, mine.failed), (1, 0));
    run.until_finished().await;
    assert_eq!(world.queue.receives(&message), 3);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_rests_at_the_end_of_draining_is_given_up() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let retry = Retry::times(1).backoff(40_000 * SECOND, 40_000 * SECOND);
    let (builder, tries) = pipeline(&world, retrying(retry), first_delivery(Act::Fail));
    let run = world.start(builder.drain_timeout(10 * SECOND).wait_time(SECOND));
    run.until("it was tried", || tries.all().len() == 3).await;
    let began = Instant::now();
    let stats = run.stop().await;
    assert!(began.elapsed() < 12 * SECOND);
    assert_eq!((stats.processors["p"].cancelled, stats.processors["p"].done), (1, 2));
    assert_eq!(world.queue.place(&message), Place::Visible);
}

#[tokio::test(start_paused = true)]
async fn redeliveries_back_off_by_receive_count() {
    let world = World::new();
    world.file("a", undelimited(1));
    let act = |_, _, receive_count| if receive_count < 5 { Act::Fail } else { Act::Done };
    let (builder, _) = pipeline(&world, ProcessorOptions::default(), act);
    world.run(builder.redelivery(Redelivery::backoff(10 * SECOND, 45 * SECOND))).await;
    let times = world.trace.times(|event| matches!(event, Event::Received { .. }));
    let gaps: Vec<_> =
        times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis().div_ceil(1_000)).collect();
    assert!(
        // From the verdict, for which it waits a while: others may be failing as well.
        gaps.iter().zip([15, 25, 45, 50]).all(|(gap, wanted)| (wanted..=wanted + 1).contains(gap)),
        "{gaps:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_processor_without_retries_of_its_own_takes_the_pipelines() {
    let world = World::new();
    world.file("a", undelimited(1));
    let act = |_, attempt, _| if attempt < 3 { Act::Fail } else { Act::Done };
    let (builder, tries) = pipeline(&world, ProcessorOptions::default(), act);
    let stats = world.run(builder.retry(Retry::times(2))).await;
    assert_eq!((tries.all().len(), stats.messages.released), (3, 0));
}

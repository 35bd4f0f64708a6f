use super::*;
use crate::{
    ProcessError,
    testing::{Event, Place, undelimited},
};
use std::time::Duration;

fn options() -> DeferredOptions {
    DeferredOptions::default()
}

fn receives(world: &World) -> Vec<Duration> {
    world.trace.times(|event| matches!(event, Event::Received { .. }))
}

#[tokio::test(start_paused = true)]
async fn verdicts_come_out_of_order_and_the_last_one_deletes_the_message() {
    let world = World::new();
    let message = world.file("a", undelimited(10));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    run.until("all are held", || holder.count() == 10).await;
    let mut kept = holder.take();
    assert!(kept.iter().enumerate().all(|(at, kept)| kept.index == at as u64 && kept.key == "a"));
    while let Some(last) = kept.pop() {
        assert_ne!(world.queue.place(&message), Place::Deleted);
        last.ack.done();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 1));
    assert_eq!(run.stop().await.processors["d"].done, 10);
}

#[tokio::test(start_paused = true)]
async fn verdicts_come_in_bulk_from_another_thread() {
    let world = World::new();
    let messages: Vec<_> = (0..5).map(|n| world.file(&format!("{n}"), undelimited(200))).collect();
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    run.until("all are held", || holder.count() == 1_000).await;
    let (one, other): (Vec<_>, Vec<_>) =
        holder.take().into_iter().partition(|kept| kept.index % 2 == 0);
    let threads = [one, other].map(|half| {
        std::thread::spawn(move || {
            half.into_iter().rev().for_each(|kept| kept.ack.settle_with(Ok(())));
        })
    });
    threads.into_iter().for_each(|thread| thread.join().expect("it settles"));
    run.until_finished().await;
    assert!(messages.iter().all(|message| world.queue.receives(message) == 1));
    assert_eq!(run.stop().await.processors["d"].done, 1_000);
}

#[tokio::test(start_paused = true)]
async fn trap_41_the_lease_is_kept_for_hours_and_the_message_delivered_once() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    for _ in 0..5 * 3_600 / 10 {
        tokio::time::sleep(10 * SECOND).await;
        assert_eq!(world.queue.place(&message), Place::InFlight, "I7");
    }
    assert!(!holder.all_told() && holder.count() == 3);
    holder.settle();
    run.until_finished().await;
    assert_eq!(world.queue.receives(&message), 1);
    let stats = run.stop().await;
    assert_eq!(
        (stats.messages.deleted, stats.messages.lease_lost, stats.processors["d"].late),
        (1, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn trap_39_before_the_12_hours_end_the_work_is_told_and_handed_back() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    tokio::time::sleep(11 * 3_600 * SECOND).await;
    assert!(!holder.all_told() && holder.count() == 3);
    tokio::time::sleep(3_600 * SECOND).await;
    let (old, new): (Vec<_>, Vec<_>) =
        holder.take().into_iter().partition(|kept| kept.cx.receive_count() == 1);
    new.into_iter().for_each(|kept| holder.put_back(kept));
    assert!(old.len() == 3 && old.iter().all(|kept| kept.cx.is_cancelled()));
    old.into_iter().for_each(|kept| kept.ack.done());
    assert_eq!(run.handle.stats().processors["d"].late, 3);
    while !world.queue.is_finished() {
        tokio::time::sleep(60 * SECOND).await;
        holder.settle();
    }
    assert_eq!(world.queue.receives(&message), 2);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trap_31_a_dropped_acknowledgement_fails_its_record() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    run.until("all are held", || holder.count() == 3).await;
    let mut kept = holder.take();
    drop(kept.remove(1));
    kept.into_iter().for_each(|kept| kept.ack.done());
    run.until("it came again", || world.queue.receives(&message) == 2).await;
    let mine = run.handle.stats().processors["d"].clone();
    assert_eq!((mine.done, mine.failed), (2, 1));
    run.until("all are held", || holder.count() == 3).await;
    holder.settle();
    run.until_finished().await;
    let again = receives(&world)[1].as_secs();
    assert!((30..32).contains(&again), "{again}");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_may_say_when_to_come_back() {
    let world = World::new();
    let message = world.file("a", undelimited(2));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    tokio::time::sleep(100 * SECOND).await;
    for (kept, wait) in holder.take().into_iter().zip([300, 200]) {
        kept.ack.fail(ProcessError::retry_after(wait * SECOND, "busy"));
    }
    run.until("it came again", || world.queue.receives(&message) == 2).await;
    let again = receives(&world)[1].as_secs();
    // From the verdict, for which it waits a while: others may be failing as well.
    assert!((405..407).contains(&again), "{again}");
    run.until("all are held", || holder.count() == 2).await;
    holder.settle();
    run.until_finished().await;
    assert_eq!(run.stop().await.processors["d"].failed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_taking_over_fails_that_record_alone() {
    let world = World::new();
    let message = world.file("bomb", undelimited(3));
    let (builder, holder) = Holder::pipeline(&world, options());
    let run = world.start(builder);
    run.until("the others are held", || holder.count() == 2).await;
    holder.settle();
    run.until("it came again", || holder.count() == 3).await;
    holder.settle();
    run.until_finished().await;
    assert_eq!(world.queue.receives(&message), 2);
    let stats = run.stop().await;
    let mine = &stats.processors["d"];
    assert_eq!((mine.done, mine.failed, mine.panicked), (5, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn taking_over_has_a_time_out_of_its_own() {
    let world = World::new();
    world.file("stuck", undelimited(3));
    let (builder, holder) = Holder::pipeline(&world, options().accept_timeout(5 * SECOND));
    let run = world.start(builder);
    run.until("the others are held", || holder.count() == 2).await;
    tokio::time::sleep(6 * SECOND).await;
    let mine = run.handle.stats().processors["d"].clone();
    assert_eq!((mine.failed, mine.timed_out), (1, 1));
    holder.settle();
    run.until("it came again", || holder.count() == 3).await;
    holder.settle();
    run.until_finished().await;
    run.stop().await;
}

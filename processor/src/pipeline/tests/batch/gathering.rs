use super::*;
use crate::{
    Limits, ProcessError,
    testing::{Place, undelimited},
};
use std::time::Duration;

fn options() -> BatchOptions {
    BatchOptions::default().max_wait(SECOND)
}

#[tokio::test(start_paused = true)]
async fn records_are_gathered_over_objects_and_messages_up_to_max_records() {
    let world = World::new();
    let announced: Vec<_> =
        (0..10).map(|n| world.store.put(&format!("{n}"), undelimited(3))).collect();
    announced.chunks(2).for_each(|two| drop(world.announce(two)));
    let (builder, calls) = Bulk::pipeline(&world, options().max_records(7), |_| Reply::Done);
    let stats = world.run(builder).await;
    assert_eq!(calls.sizes(), [7, 7, 7, 7, 2]);
    let mut records: Vec<_> = calls.all().into_iter().flat_map(|call| call.records).collect();
    records.sort();
    records.dedup();
    assert_eq!(records.len(), 30, "each record once");
    assert!(calls.all()[0].records.iter().any(|(key, _)| *key != calls.all()[0].records[0].0));
    assert_eq!(
        (stats.messages.deleted, stats.processors["b"].done, stats.objects.done),
        (5, 30, 10)
    );
}

#[tokio::test(start_paused = true)]
async fn records_are_gathered_up_to_max_bytes_and_a_larger_one_is_alone() {
    let world = World::new();
    let long = format!("\"{}\"", "x".repeat(98));
    world.file("a", format!("{}{long}{long}{}", undelimited(5), undelimited(2)));
    let (builder, calls) = Bulk::pipeline(&world, options().max_bytes(21), |_| Reply::Done);
    world.run(builder).await;
    let sizes: Vec<_> = calls.all().iter().map(|call| (call.records.len(), call.bytes)).collect();
    assert_eq!(sizes, [(3, 21), (2, 14), (1, 100), (1, 100), (2, 14)]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_not_full_waits_for_others_up_to_max_wait() {
    let world = World::new();
    world.file("a", undelimited(2));
    let (builder, calls) = Bulk::pipeline(&world, options().max_wait(5 * SECOND), |_| Reply::Done);
    let run = world.start(builder);
    tokio::time::sleep(3 * SECOND).await;
    world.file("b", undelimited(2));
    tokio::time::sleep(3 * SECOND).await;
    world.file("c", undelimited(1));
    run.until_finished().await;
    run.stop().await;
    assert_eq!(calls.sizes(), [4, 1]);
    let at: Vec<_> = calls.all().iter().map(|call| call.at.as_millis()).collect();
    assert!((5_000..5_020).contains(&at[0]) && (11_000..11_020).contains(&at[1]), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_at_once_than_allowed_and_what_waits_fills_up_meanwhile() {
    let world = World::new();
    let take = |_: &super::bulk::Call| Reply::Take(SECOND);
    let (builder, calls) = Bulk::pipeline(
        &world,
        options().max_wait(Duration::ZERO).max_records(10).concurrency(2),
        take,
    );
    let run = world.start(builder);
    for n in 0..30 {
        world.file(&format!("{n}"), undelimited(1));
        tokio::time::sleep(SECOND / 10).await;
    }
    run.until_finished().await;
    run.stop().await;
    assert_eq!(calls.most_running(), 2);
    assert!(
        calls.sizes().len() < 10 && calls.sizes().iter().all(|size| *size <= 10),
        "{:?}",
        calls.sizes()
    );
}

#[tokio::test(start_paused = true)]
async fn a_large_object_leaves_room_for_small_ones_in_the_next_batch() {
    let world = World::new();
    world.file("large", undelimited(100));
    let take = |_: &super::bulk::Call| Reply::Take(SECOND);
    let (builder, calls) = Bulk::pipeline(&world, options().max_records(10).concurrency(1), take);
    let run = world.start(builder);
    run.until("the first batch runs", || !calls.all().is_empty()).await;
    let small = world.file("small", undelimited(1));
    run.until("the small one is done", || world.queue.place(&small) == Place::Deleted).await;
    assert!(calls.all().len() <= 4, "{:?}", calls.all());
    run.until_finished().await;
    run.stop().await;
}

/// An object has four buffers of 1 MiB at the most, and no other one comes.
#[tokio::test(start_paused = true)]
async fn trap_76_a_batch_does_not_wait_for_what_its_own_object_cannot_bring() {
    let world = World::new();
    let record = format!("\"{}\"", "x".repeat((64 << 10) - 2));
    let message = world.file("a", record.repeat(160));
    let options = options().max_bytes(8 << 20).max_records(1_000).max_wait(300 * SECOND);
    let (builder, calls) = Bulk::pipeline(&world, options, |_| Reply::Take(SECOND));
    world.run(builder).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert_eq!(calls.sizes().iter().sum::<usize>(), 160);
    let began: Vec<_> = calls.all().iter().map(|call| call.at.as_secs()).collect();
    let hurried = began.iter().filter(|at| **at < 300).count();
    assert_eq!(hurried + 1, began.len(), "the last one alone waits for company: {began:?}");
    assert!(began.len() <= 10, "what can be gathered is: {began:?}");
}

#[tokio::test(start_paused = true)]
async fn draining_sends_off_what_waits_at_once() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let (builder, calls) =
        Bulk::pipeline(&world, options().max_wait(3_600 * SECOND), |_| Reply::Done);
    let run = world.start(builder);
    tokio::time::sleep(100 * SECOND).await;
    assert_eq!(calls.sizes(), [0; 0]);
    let stats = run.stop().await;
    assert_eq!((world.queue.place(&message), calls.sizes()), (Place::Deleted, vec![3]));
    assert!(calls.all()[0].at < 101 * SECOND);
    assert_eq!(stats.processors["b"].done, 3);
}

#[tokio::test(start_paused = true)]
async fn records_of_an_object_that_is_cut_short_are_taken_out() {
    let world = World::new();
    let message = world.file("a", undelimited(20));
    let fail = |call: &super::bulk::Call| match call.receive_count {
        1 => Reply::Whole(ProcessError::reject("no")),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options().max_records(5).concurrency(1), fail);
    let run = world.start(builder.limits(Limits::default().failed_records(1)));
    run.until("it was released", || run.handle.stats().messages.released == 1).await;
    let mine = run.handle.stats().processors["b"].clone();
    // Batches take turns; the first record that fails alone cuts it short.
    assert_eq!((calls.sizes(), mine.failed, mine.cancelled), (vec![5, 5, 2, 5, 2, 1], 1, 19));
    run.until_finished().await;
    assert_eq!(world.queue.receives(&message), 2);
    assert_eq!(run.stop().await.processors["b"].done, 20);
}

#[tokio::test(start_paused = true)]
async fn records_whose_lease_is_lost_are_taken_out_while_no_place_is_free() {
    let world = World::new();
    world.file("first", undelimited(5));
    let second = world.file("second", undelimited(5));
    let hold = |call: &super::bulk::Call| match call.records[0].0.as_str() {
        "first" => Reply::Take(1_000 * SECOND),
        _ => Reply::Done,
    };
    let (builder, calls) = Bulk::pipeline(&world, options().max_records(5).concurrency(1), hold);
    let run = world.start(builder.limits(Limits::default().messages(2)));
    run.until("the first batch runs", || !calls.all().is_empty()).await;
    steal(&world, &second, 10_000).await;
    run.until("it is no longer held", || run.handle.stats().messages.lease_lost == 1).await;
    assert_eq!((calls.sizes(), run.handle.stats().processors["b"].cancelled), (vec![5], 5));
    assert!(run.handle.in_flight().iter().all(|object| object.key == "first"));
    run.handle.abort();
    run.end().await.expect("it ends well");
}

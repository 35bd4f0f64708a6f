use super::*;
use crate::{
    Limits,
    testing::{Place, QueueSettings, undelimited},
};

#[tokio::test(start_paused = true)]
async fn no_more_records_are_without_a_verdict_than_allowed_however_long_that_takes() {
    let world = World::new();
    drop(["a", "b"].map(|key| world.file(key, undelimited(6))));
    let options = DeferredOptions::default().concurrency(3).accept_timeout(SECOND);
    let (builder, holder) = Holder::pipeline(&world, options);
    let run = world.start(builder);
    for settled in 0..12 {
        // Far longer than taking over may take: waiting for room is no part of that.
        tokio::time::sleep(100 * SECOND).await;
        assert_eq!(holder.count(), 3.min(12 - settled));
        let mut kept = holder.take();
        kept.remove(settled % kept.len()).ack.done();
        for kept in kept {
            holder.put_back(kept);
        }
    }
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!(
        (stats.processors["d"].done, stats.processors["d"].timed_out, stats.messages.released),
        (12, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn objects_take_turns_for_the_room_there_is() {
    let world = World::new();
    world.file("large", undelimited(100));
    let (builder, holder) = Holder::pipeline(&world, DeferredOptions::default().concurrency(4));
    let run = world.start(builder);
    run.until("there is no room", || holder.count() == 4).await;
    world.file("small", undelimited(1));
    tokio::time::sleep(SECOND).await;
    let mut settled = 0;
    while !holder.has("small") {
        holder.settle();
        tokio::time::sleep(SECOND).await;
        settled += 4;
        assert!(settled <= 12, "the small object waits for the large one");
    }
    while !world.queue.is_finished() {
        holder.settle();
        tokio::time::sleep(SECOND).await;
    }
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_verdicts_are_awaited_holds_no_bytes() {
    let world = World::new();
    // Alone it reserves the whole budget.
    let text = format!("\"{}\"", "x".repeat(100_000));
    let messages = ["a", "b", "c"].map(|key| world.file(key, text.repeat(2)));
    let (builder, holder) = Holder::pipeline(&world, DeferredOptions::default());
    let run = world.start(builder.limits(Limits::default().buffered_bytes(256 << 10)));
    run.until("all are held", || holder.count() == 6).await;
    assert_eq!(world.store.most_open(), 1, "one after the other");
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::InFlight));
    holder.settle();
    run.until_finished().await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_does_not_come_in_time_is_a_failure_and_frees_its_place() {
    let world = World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() });
    let message = world.file("a", undelimited(6));
    // Fewer places than records, all of them taken by those that are never settled.
    let options = DeferredOptions::default().concurrency(2).verdict_timeout(10 * SECOND);
    let (builder, holder) = Holder::pipeline(&world, options);
    let run = world.start(builder);
    run.until("the first two are held", || holder.count() == 2).await;
    let leaked = holder.take();
    run.until("their time is up", || holder.count() == 2).await;
    // What comes in time counts, what comes later does not.
    leaked.into_iter().for_each(|kept| kept.ack.done());
    while run.handle.stats().processors["d"].done < 4 {
        holder.settle();
        tokio::time::sleep(SECOND).await;
    }
    let stats = run.handle.stats().processors["d"].clone();
    assert_eq!((stats.done, stats.failed, stats.timed_out, stats.late), (4, 2, 2, 2));
    // It comes back, and all is done in time.
    while !world.queue.is_finished() {
        holder.settle();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trap_72_acknowledgements_that_are_leaked_cost_no_place_for_ever() {
    let world = World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() });
    let message = world.file("a", undelimited(50));
    let options = DeferredOptions::default().concurrency(3).verdict_timeout(10 * SECOND);
    let (builder, holder) = Holder::pipeline(&world, options);
    let run = world.start(builder);
    let mut leaked = Vec::new();
    while !world.queue.is_finished() {
        leaked.extend(holder.take());
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(world.queue.place(&message), Place::Dead);
    let healthy = world.file("b", undelimited(50));
    while !world.queue.is_finished() {
        holder.settle();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!((world.queue.place(&healthy), world.queue.receives(&healthy)), (Place::Deleted, 1));
    leaked.into_iter().for_each(|kept| kept.ack.done());
    assert_eq!(run.stop().await.processors["d"].late, 100);
}

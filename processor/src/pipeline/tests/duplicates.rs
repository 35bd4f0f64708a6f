//! The same object, or the same message, more than once.

use super::{
    SECOND,
    probe::{Act, Seen},
    thief::steal,
    world::World,
};
use crate::{
    Builder, Limits, ProcessorOptions,
    testing::{Event, Fault, Op, Place, undelimited},
};

fn slow(_: &Seen) -> Act {
    Act::Take(200 * SECOND)
}

/// One processor, called `p`, that may take as long as it likes.
fn pipeline(world: &World, act: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Builder {
    world.builder().processor_with(
        "p",
        ProcessorOptions::default().no_timeout(),
        world.probe("p", act),
    )
}

fn times_seen(world: &World, key: &str, index: u64) -> usize {
    world.log.seen().iter().filter(|seen| seen.key == key && seen.index == index).count()
}

#[tokio::test(start_paused = true)]
async fn trap_07_one_object_announced_by_two_messages_is_processed_once() {
    let world = World::new();
    let object = world.store.put("a", undelimited(3));
    let messages = [(); 3].map(|()| world.announce(std::slice::from_ref(&object)));
    let stats = world.run(pipeline(&world, slow)).await;
    assert_eq!((0..3).map(|index| times_seen(&world, "a", index)).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Deleted));
    // Several lease terms long: those that wait keep theirs.
    assert!(messages.iter().all(|message| world.queue.receives(message) == 1));
    assert_eq!((stats.objects.duplicates, stats.objects.done, stats.messages.deleted), (2, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn trap_07_if_the_first_fails_the_second_starts_anew() {
    let world = World::new();
    let object = world.store.put("a", undelimited(3));
    let [first, second] = [(); 2].map(|()| world.announce(std::slice::from_ref(&object)));
    let log = world.log.clone();
    let act = move |seen: &Seen| {
        let before = log.seen().iter().filter(|other| other.index == seen.index).count();
        if seen.index == 1 && before == 1 { Act::TakeAndFail(50 * SECOND) } else { slow(seen) }
    };
    let stats = world.run(pipeline(&world, act)).await;
    assert_eq!((world.queue.receives(&first), world.queue.receives(&second)), (2, 1));
    // The first one's own redelivery finds the second still at work, or comes after it.
    assert_eq!((stats.objects.failed, stats.messages.deleted, stats.messages.released), (1, 2, 1));
    assert_eq!(times_seen(&world, "a", 1), 2);
    // The first attempt ends after 200 s; before the second one has, nothing may be deleted.
    let deleted = world.trace.times(|event| matches!(event, Event::Deleted { .. }));
    assert!(deleted.len() == 2 && deleted.iter().all(|at| *at >= 400 * SECOND), "{deleted:?}");
    assert_eq!(stats.objects.duplicates, 1);
}

#[tokio::test(start_paused = true)]
async fn if_the_firsts_lease_is_lost_the_second_starts_anew() {
    let world = World::new();
    let object = world.store.put("a", undelimited(1));
    let [first, second] = [(); 2].map(|()| world.announce(std::slice::from_ref(&object)));
    let log = world.log.clone();
    let act = move |_: &Seen| if log.seen().len() == 1 { Act::UntilCancelled } else { Act::Done };
    let run = world.start(pipeline(&world, act).limits(Limits::default().messages(2)));
    run.until("both are held", || run.handle.stats().held == 2).await;
    steal(&world, &first, 1_000).await;
    run.until("the second is done", || world.queue.place(&second) == Place::Deleted).await;
    assert_eq!((world.log.cancelled(), world.queue.receives(&second)), (1, 1));
    run.until_finished().await;
    assert_eq!(run.stop().await.objects.duplicates, 0);
}

#[tokio::test(start_paused = true)]
async fn trap_07_without_an_etag_nothing_is_taken_for_the_same() {
    let world = World::new();
    let mut object = world.store.put("a", undelimited(3));
    object.etag.clear();
    drop([(); 2].map(|()| world.announce(std::slice::from_ref(&object))));
    let stats = world.run(pipeline(&world, slow)).await;
    assert_eq!(
        (stats.objects.duplicates, stats.objects.done, times_seen(&world, "a", 0)),
        (0, 2, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn another_version_is_another_object() {
    let world = World::new();
    world.store.keep_versions();
    let versions = [(); 2].map(|()| world.store.put("a", undelimited(3)));
    assert_eq!(versions[0].etag, versions[1].etag);
    drop(versions.map(|version| world.announce(&[version])));
    let stats = world.run(pipeline(&world, slow)).await;
    assert_eq!((stats.objects.duplicates, times_seen(&world, "a", 0)), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn one_object_twice_in_one_message_is_processed_once() {
    let world = World::new();
    let [one, other] = ["a", "b"].map(|key| world.store.put(key, undelimited(3)));
    let message = world.announce(&[one.clone(), other, one]);
    let stats = world.run(pipeline(&world, slow)).await;
    assert_eq!(
        (times_seen(&world, "a", 0), times_seen(&world, "b", 0), world.queue.receives(&message)),
        (1, 1, 1)
    );
    assert_eq!((stats.objects.duplicates, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_another_holds_no_bytes() {
    let world = World::new();
    let text = format!("\"{}\"", "x".repeat(200_000));
    let object = world.store.put("a", text);
    // The first reserves the whole budget; were one of the others to reserve before it waits, the
    // last could not.
    drop([(); 5].map(|()| world.announce(std::slice::from_ref(&object))));
    let act = |seen: &Seen| if seen.key == "a" { Act::Take(200 * SECOND) } else { Act::Done };
    let run =
        world.start(pipeline(&world, act).limits(Limits::default().buffered_bytes(256 << 10)));
    run.until("it runs", || world.log.running() == 1).await;
    let other = world.file("b", undelimited(1));
    run.until_finished().await;
    assert_eq!((times_seen(&world, "a", 0), world.queue.receives(&other)), (1, 1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trap_08_a_redelivery_of_what_runs_is_one_job() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    let run = world.start(pipeline(&world, slow));
    tokio::time::sleep(20 * SECOND).await;
    world.queue.deliver_again(&message);
    run.until_finished().await;
    assert_eq!((world.queue.receives(&message), times_seen(&world, "a", 0)), (2, 1));
    let stats = run.stop().await;
    assert_eq!((stats.messages.received, stats.messages.deleted, stats.objects.done), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_08_a_redelivery_of_what_was_deleted_is_not_done_again() {
    let world = World::new();
    let message = world.file("a", undelimited(3));
    // The delete takes effect late and nobody answers; meanwhile the service delivers the message
    // once more.
    world.queue.fail_next(Op::Delete, Fault::Lost);
    let run = world.start(pipeline(&world, |_| Act::Done));
    tokio::time::sleep(SECOND).await;
    world.queue.deliver_again(&message);
    run.until_finished().await;
    assert_eq!(times_seen(&world, "a", 0), 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn draining_hands_back_what_waits_for_another() {
    let world = World::new();
    let object = world.store.put("a", undelimited(1));
    let [first, second] = [(); 2].map(|()| world.announce(std::slice::from_ref(&object)));
    let run = world.start(pipeline(&world, |_| Act::Take(10 * SECOND)));
    run.until("both are held", || run.handle.stats().held == 2).await;
    run.stop().await;
    world.last_poll_ends().await;
    assert_eq!(
        [first, second].map(|message| world.queue.place(&message)),
        [Place::Deleted, Place::Visible]
    );
}

use super::*;
use crate::{
    Limits, State,
    testing::{Event, Op, Place, undelimited},
};

/// A run with one message of four records, all held.
async fn all_held(world: &World) -> (super::super::world::Run, Holder, String) {
    let message = world.file("a", undelimited(4));
    let (builder, holder) = Holder::pipeline(world, DeferredOptions::default());
    let run = world.start(builder.limits(Limits::default().messages(1)));
    run.until("all are held", || holder.count() == 4).await;
    (run, holder, message)
}

fn deletes(world: &World) -> usize {
    world.trace.asked(Op::Delete)
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_verdicts() {
    let world = World::new();
    let (run, holder, message) = all_held(&world).await;
    run.handle.drain();
    tokio::time::sleep(10 * SECOND).await;
    assert!(run.handle.state() == State::Draining && !holder.all_told());
    holder.settle();
    let stats = run.end().await.expect("it ends well");
    assert_eq!((world.queue.place(&message), stats.processors["d"].done), (Place::Deleted, 4));
}

#[tokio::test(start_paused = true)]
async fn trap_31_verdicts_after_an_abort_are_ignored_and_counted() {
    let world = World::new();
    let (run, holder, message) = all_held(&world).await;
    let mut kept = holder.take();
    kept.remove(0).ack.done();
    run.handle.abort();
    let handle = run.handle.clone();
    let stats = run.end().await.expect("it ends well");
    assert_eq!(
        (stats.processors["d"].done, stats.processors["d"].cancelled, stats.objects.cancelled),
        (1, 3, 1)
    );
    assert_eq!(world.queue.place(&message), Place::Visible, "handed back at once");
    assert!(kept.iter().all(|kept| kept.cx.is_cancelled()));
    let [one, two, three] = <[Kept; 3]>::try_from(kept).ok().expect("three are left");
    one.ack.done();
    two.ack.fail("no".parse::<i32>().unwrap_err());
    drop(three);
    let mine = handle.stats().processors["d"].clone();
    assert_eq!((mine.late, mine.done, mine.failed, mine.cancelled), (3, 1, 0, 3));
    assert_eq!((world.queue.place(&message), deletes(&world)), (Place::Visible, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_45_when_the_lease_is_lost_who_works_on_it_is_told_and_verdicts_are_late() {
    let world = World::new();
    let (run, holder, message) = all_held(&world).await;
    let kept = holder.take();
    let told: Vec<_> = kept.iter().map(|kept| kept.cx.clone()).collect();
    let waits = tokio::spawn(async move {
        for cx in told {
            cx.cancelled().await;
        }
    });
    steal(&world, &message, 100).await;
    run.until("it is no longer held", || run.handle.stats().messages.lease_lost == 1).await;
    assert!(waits.is_finished());
    kept.into_iter().for_each(|kept| kept.ack.done());
    tokio::time::sleep(SECOND).await;
    assert_eq!((run.handle.stats().processors["d"].late, deletes(&world)), (4, 0));
    run.until("it came again", || holder.count() == 4).await;
    holder.settle();
    run.until_finished().await;
    let stats = run.stop().await;
    assert_eq!((stats.messages.lease_lost, stats.messages.deleted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn giving_up_when_told_is_no_failure() {
    let world = World::new();
    let message = world.file("a", undelimited(4));
    let run = world.start(world.builder().deferred_processor("d", GivesUp));
    tokio::time::sleep(SECOND).await;
    run.handle.abort();
    let stats = run.end().await.expect("it ends well");
    assert_eq!((stats.processors["d"].failed, stats.processors["d"].cancelled), (0, 4));
    world.last_poll_ends().await;
    assert_eq!(world.queue.place(&message), Place::Visible, "without a delay");
}

struct GivesUp;

impl crate::DeferredProcessor for GivesUp {
    async fn accept(&self, _: crate::Record<'_>, cx: &crate::Context, ack: crate::Ack) {
        cx.cancelled().await;
        drop(ack);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_47_dropping_the_run_leaves_nothing_behind_that_deletes() {
    let world = World::new();
    let (run, holder, message) = all_held(&world).await;
    run.task.abort();
    tokio::time::sleep(SECOND).await;
    assert_eq!(world.queue.place(&message), Place::Visible, "handed back");
    assert!(holder.all_told());
    let handle = run.handle.clone();
    holder.settle();
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(
        (handle.stats().processors["d"].late, handle.stats().held, deletes(&world)),
        (4, 0, 0)
    );
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(world.trace.count(|event| matches!(event, Event::Deleted { .. })), 0);
}

use super::{SECOND, probe::Act, world::World};
use crate::testing::{Event, Place, gzip, test_event, undelimited};

#[tokio::test(start_paused = true)]
async fn every_record_done_deletes_the_message() {
    let world = World::new();
    let message = world.file("a.json", undelimited(4));
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!(world.queue.place(&message), Place::Deleted);
    assert!(world.all_done(&["p"], "a.json", 4));
    assert_eq!((stats.messages.received, stats.messages.deleted, stats.messages.released), (1, 1, 0));
    assert_eq!((stats.objects.done, stats.objects.records, stats.processors["p"].done), (1, 4, 4));
}

#[tokio::test(start_paused = true)]
async fn one_failed_record_brings_its_message_back_after_the_visibility_timeout() {
    let world = World::new();
    let message = world.file("a.json", gzip(undelimited(4).as_bytes()));
    let act =
        |seen: &super::probe::Seen| if seen.index == 2 && seen.receive_count == 1 { Act::Fail } else { Act::Done };
    let stats = world.run(world.with_probe(act)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let seen: Vec<_> = world.log.seen().iter().map(|seen| (seen.receive_count, seen.index)).collect();
    assert_eq!(seen, [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]);
    let received = world.trace.times(|event| matches!(event, Event::Received { .. }));
    assert_eq!(received[1] - received[0], 30 * SECOND);
    assert_eq!((stats.messages.released, stats.messages.deleted), (1, 1));
    assert_eq!((stats.objects.failed, stats.objects.done, stats.processors["p"].failed), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_02_a_test_event_is_deleted() {
    let world = World::new();
    world.queue.send(test_event());
    let stats = world.run(world.with_probe(|_| Act::Done)).await;
    assert_eq!((stats.messages.without_objects, stats.messages.deleted), (1, 1));
}

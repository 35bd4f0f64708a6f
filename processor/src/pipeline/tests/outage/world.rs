use super::{
    super::{
        probe::Act,
        world::{Run, World},
    },
    SECOND,
};
use crate::{
    OutageClass, OutageOf, State,
    testing::{Event, ObjectFault, Place, QueueSettings, ndjson, undelimited},
};
use std::time::Duration;
use tokio::time::Instant;

/// A queue that gives up after three receives.
pub(super) fn world() -> World {
    World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() })
}

/// So many messages, each about an object of its own.
pub(super) fn files(world: &World, prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| world.file(&format!("{prefix}{n}"), undelimited(5))).collect()
}

/// So many messages, about objects that take more than two minutes to be read.
pub(super) fn slow_files(world: &World, count: usize) -> Vec<String> {
    world.store.chunk_size(500);
    let file = |n: usize| {
        world.store.fail(&n.to_string(), ObjectFault::SlowChunks(SECOND), usize::MAX);
        world.file(&n.to_string(), ndjson(8_000))
    };
    (0..count).map(file).collect()
}

/// A pipeline whose only processor has every record done.
pub(super) fn start(world: &World) -> Run {
    world.start(world.with_probe(|_| Act::Done))
}

/// Where the objects are.
pub(super) fn bucket() -> OutageOf {
    OutageOf::Bucket("data".into())
}

/// Waits until there is an outage of objects, and says of which class.
pub(super) async fn declared(run: &Run) -> OutageClass {
    let of_store = || run.handle.outages().into_iter().find(|outage| outage.of == bucket());
    run.until("an outage of the bucket is declared", || of_store().is_some()).await;
    assert_eq!(run.handle.state(), State::Paused);
    of_store().expect("it was there").class
}

/// Waits until there is no outage, and says how long that took.
pub(super) async fn over(run: &Run) -> Duration {
    let began = Instant::now();
    run.until("the outage is over", || run.handle.outages().is_empty()).await;
    assert_eq!(run.handle.state(), State::Running);
    began.elapsed()
}

/// Every one of these messages was deleted after so many receives at the most.
pub(super) fn all_done(world: &World, messages: &[String], receives: u32) {
    for message in messages {
        let (place, count) = (world.queue.place(message), world.queue.receives(message));
        assert!(
            place == Place::Deleted && count <= receives,
            "{message}: {place:?} after {count} receives"
        );
    }
    assert!(world.queue.in_place(Place::Dead).is_empty());
}

/// How often an object was asked for.
pub(super) fn asked(world: &World) -> usize {
    world.trace.count(|event| matches!(event, Event::Opened { .. }))
}

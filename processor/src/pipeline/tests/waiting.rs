//! Processors that wait (for a database, for a request of their own) are kept at the limit of their
//! concurrency, wherever objects and messages end.

use super::{SECOND, probe::Act, world::World};
use crate::{
    ProcessorOptions,
    testing::{Chaos, Event, undelimited},
};
use std::{
    iter::{once, repeat_n},
    time::Duration,
};

const LIMIT: usize = 64;

/// The share of its limit that a processor made use of while there were records to give it: from
/// the first that began to the last one, each taking a second. Store and queue take their time as
/// well.
async fn share_of_limit(files: impl IntoIterator<Item = usize>) -> f64 {
    let world = World::new();
    world.store.answers_after(Duration::from_millis(50));
    world.queue.chaos(Some(Chaos { latency: Duration::from_millis(50), ..Chaos::default() }), 1);
    let files = files
        .into_iter()
        .enumerate()
        .map(|(n, records)| world.file(&n.to_string(), undelimited(records)));
    let files = files.count();
    let options = ProcessorOptions::default().concurrency(LIMIT);
    let stats = world
        .run(world.builder().processor_with("p", options, world.probe("p", |_| Act::Take(SECOND))))
        .await;
    assert_eq!(world.log.most_running("p"), LIMIT);
    assert_eq!(
        stats.messages.received, files as u64,
        "all of this takes minutes, and no lease of 30 s is lost"
    );
    let began = world.trace.times(|event| matches!(event, Event::Began { .. }));
    let (first, last) = (began[0], began[began.len() - 1]);
    // Each works for a second, as far as that is before the last one began.
    let worked: Duration = began.iter().map(|began| SECOND.min(last - *began)).sum();
    assert!(last - first > 100 * SECOND, "{:?} is too short to say anything", last - first);
    worked.div_duration_f64((last - first) * LIMIT as u32)
}

#[tokio::test(start_paused = true)]
async fn many_small_objects_keep_a_waiting_processor_at_its_limit() {
    let share = share_of_limit(repeat_n(3, 2_500)).await;
    assert!(share >= 0.95, "{share}");
}

#[tokio::test(start_paused = true)]
async fn a_few_large_objects_keep_a_waiting_processor_at_its_limit() {
    let share = share_of_limit(repeat_n(2_000, 4)).await;
    assert!(share >= 0.95, "{share}");
}

#[tokio::test(start_paused = true)]
async fn one_large_object_among_small_ones_keeps_a_waiting_processor_at_its_limit() {
    let share = share_of_limit(once(4_000).chain(repeat_n(1, 1_500)).chain(once(2_000))).await;
    assert!(share >= 0.95, "{share}");
}

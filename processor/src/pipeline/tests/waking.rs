//! What wakes the control thread. The seed of 0 that these runs have leaves "many" objects at
//! their 20.

use super::world::World;
use crate::{
    Context, Limits, ProcessError, Record, RecordProcessor,
    testing::{Event, undelimited},
};
use std::time::Duration;
use tokio::task::yield_now;

/// Lets others go first, as often as the last three digits of its object's key say.
struct Yields;

impl RecordProcessor for Yields {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let times: u32 = record.object().key().parse().expect("a key that is a number");
        for _ in 0..times % 1_000 {
            yield_now().await;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn objects_that_end_one_by_one_within_a_moment_do_not_each_wake_the_control_thread() {
    let world = World::new();
    for turn in 0..50 {
        world.file(&(10 * turn).to_string(), undelimited(1));
    }
    let run = world.start(world.builder().processor("yields", Yields));
    run.until_finished().await;
    let turns = run.env.turns();
    assert_eq!(run.stop().await.messages.deleted, 50);
    assert!(turns < 40, "{turns} turns of the control loop for 50 objects");
    // The first end is looked at at once and its delete waits for company, which comes a moment
    // later and fills batches.
    let took = until_the_last_delete(&world);
    assert!(took < Duration::from_millis(20), "{took:?}");
}

/// Since the first object was opened. Nothing in these runs takes time but what is waited for on
/// purpose.
fn until_the_last_delete(world: &World) -> Duration {
    let opened = world.trace.times(|event| matches!(event, Event::Opened { .. }));
    let deleted = world.trace.times(|event| matches!(event, Event::Deleted { .. }));
    *deleted.last().expect("all are deleted") - opened[0]
}

#[tokio::test(start_paused = true)]
async fn few_objects_do_not_wait_for_others_to_end() {
    let world = World::new();
    for n in 0..100 {
        world.file(&(1_000 * n + 50 * (n % 2)).to_string(), undelimited(1));
    }
    let builder = world.builder().processor("yields", Yields).limits(Limits::default().messages(2));
    let stats = world.run(builder).await;
    assert_eq!(stats.messages.deleted, 100);
    let took = until_the_last_delete(&world);
    assert!(took < Duration::from_millis(20), "{took:?}");
}

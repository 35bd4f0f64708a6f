//! What wakes the control thread.

use super::world::World;
use crate::{Context, ProcessError, Record, RecordProcessor, testing::undelimited};
use tokio::task::yield_now;

/// Lets others go first, as often as its object's key says.
struct Yields;

impl RecordProcessor for Yields {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let times: u32 = record.object().key().parse().expect("a key that is a number");
        for _ in 0..times {
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
}

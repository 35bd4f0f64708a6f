//! Rows 5 and 6: who holds the bytes.

use super::{
    super::{
        probe::{Act, Seen},
        world::World,
    },
    SECOND,
};
use crate::{
    ProcessorOptions,
    testing::{Place, ndjson},
};
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn row_5_trap_73_a_small_object_passes_large_ones_of_slow_records() {
    for large in [7, 8, 20] {
        let world = World::new();
        let act = |seen: &Seen| match seen.key.starts_with("large") {
            true => Act::Take(5 * SECOND),
            false => Act::Done,
        };
        let options = ProcessorOptions::default().concurrency(100).no_timeout();
        let run = world.start(world.builder().processor_with("p", options, world.probe("p", act)));
        for n in 0..large {
            world.file(&format!("large/{n}"), ndjson(100_000));
        }
        sleep(100 * SECOND).await;
        let began = Instant::now();
        let small = world.file("small", "{}");
        run.until("the small one is done", || world.queue.place(&small) == Place::Deleted).await;
        let took = began.elapsed();
        assert!(took <= 6 * SECOND, "beside {large}: {took:?}");
        run.handle.abort();
        run.end().await.expect("it ends well");
    }
}

#[tokio::test(start_paused = true)]
async fn row_6_trap_73_as_many_objects_at_once_as_there_are_slots() {
    let world = World::new();
    for n in 0..200 {
        let record = format!("{{\"a\":\"{}\"}}", "x".repeat(130_000));
        world.file(&n.to_string(), record);
    }
    let run = world.start(world.with_probe(|_| Act::Take(5 * SECOND)));
    run.until_finished().await;
    let took = world.trace.elapsed();
    run.stop().await;
    assert_eq!(world.log.most_running("p"), 100);
    assert!(took < 16 * SECOND, "{took:?}");
}

//! Messages in flight: small objects, by how many of them may be held at once.

use crate::{
    consuming::pipe::Pipe,
    costs::Costs,
    measure::{input::Input, plan::Plan},
    sweep::Sweep,
};
use bytes::Bytes;
use std::time::Duration;

const SWEEP: Sweep<5> = Sweep {
    name: "messages",
    axis: "messages in flight",
    columns: [
        "records per second, waiting 100 ms",
        "as many as could be, waiting 100 ms",
        "CPU per record, waiting 100 ms (us)",
        "records per second, not waiting",
        "CPU per record, not waiting (us)",
    ],
};

/// Of 1 KB together: each object is a message with this many records.
const RECORDS: usize = 10;
/// More than there are records in flight, so that only the messages bound them.
const CONCURRENCY: usize = 16_384;
const LATENCY: Duration = Duration::from_millis(100);

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants(SWEEP.name) {
        return;
    }
    let costs = Costs::new();
    let world = &costs.world;
    let objects = plan.pick(4_000, 40);
    let object = Bytes::from(Input::of_size(RECORDS * 100, 100, 21).lines());
    world.put(vec![object; objects]);
    let announcements = world.announcements();
    let consume = |slots: usize, pipe: Pipe| {
        // Each slot has many turns.
        let messages = (slots * plan.pick(20, 4)).min(objects);
        if world.left() == 0 {
            world.announce(&announcements[..messages]);
        }
        let used = costs
            .run(messages, Pipe { slots: Some(slots), concurrency: Some(CONCURRENCY), ..pipe });
        [used.records / used.wall, used.cpu / used.records * 1e6]
    };
    // The first announcements were of all.
    consume(objects, Pipe::trivial("lines", 1));
    let points: &[_] = plan.pick(&[1, 3, 10, 30, 100, 300, 1_000], &[1, 10]);
    SWEEP.run(plan, points, |slots| {
        let [waiting_speed, waiting_cost] = consume(slots, Pipe::waiting("lines", LATENCY));
        let [speed, cost] = consume(slots, Pipe::trivial("lines", 1));
        let could_be = (slots * RECORDS) as f64 / LATENCY.as_secs_f64();
        [waiting_speed, could_be, waiting_cost, speed, cost]
    });
}

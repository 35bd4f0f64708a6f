//! Processors: each of them gets every record.

use crate::{
    consuming::pipe::Pipe,
    costs::Costs,
    measure::{
        clock::cpu_seconds,
        input::{Input, gzip},
        limit::limit,
        plan::Plan,
    },
    sweep::Sweep,
};
use bytes::Bytes;

const SWEEP: Sweep<3> = Sweep {
    name: "processors",
    axis: "processors",
    columns: [
        "CPU per record (ns)",
        "LIMIT, CPU per record (ns)",
        "above LIMIT, per record and processor (ns)",
    ],
};

const FILES: usize = 8;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants(SWEEP.name) {
        return;
    }
    let costs = Costs::new();
    let world = &costs.world;
    let input = Input::of(plan.pick(25_000_000, 100_000), 22);
    let file = Bytes::from(gzip(&input.lines()));
    world.put(vec![file.clone(); FILES]);
    let announcements = world.announcements();
    SWEEP.run(plan, plan.pick(&[1, 2, 3, 4, 6, 8], &[1, 2]), |processors| {
        if world.left() == 0 {
            world.announce(&announcements);
        }
        let used = costs.run(FILES, Pipe::trivial("lines", processors));
        let ours = used.cpu / used.records * 1e9;
        let limit =
            cpu_seconds(|| (0..FILES).for_each(|_| _ = limit(&file[..]))) / used.records * 1e9;
        [ours, limit, (ours - limit) / processors as f64]
    });
}

//! Consumer processes on one queue, whose processors wait.

use crate::{
    consuming::{consumer::Used, pipe::Pipe},
    costs::Costs,
    measure::{input::Input, plan::Plan},
    sweep::Sweep,
};
use bytes::Bytes;
use std::time::{Duration, Instant};

const SWEEP: Sweep<3> = Sweep {
    name: "processes",
    axis: "consumer processes",
    columns: ["records per second", "CPU per record, all processes (us)", "as many as could be"],
};

const LATENCY: Duration = Duration::from_millis(20);
/// Records that one process works on at once: few enough that two cores do not end the growth.
const CONCURRENCY: usize = 64;
const RECORDS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants(SWEEP.name) {
        return;
    }
    let costs = Costs::new();
    let world = &costs.world;
    let objects = plan.pick(400, 8);
    let object = Bytes::from(Input::of_size(RECORDS * 500, 500, 24).lines());
    world.put(vec![object; objects]);
    let announcements = world.announcements();
    SWEEP.run(plan, plan.pick(&[1, 2, 4], &[1, 2]), |processes| {
        if world.left() == 0 {
            world.announce(&announcements);
        }
        let pipe = Pipe {
            concurrency: Some(CONCURRENCY),
            slots: Some(10),
            ..Pipe::waiting("lines", LATENCY)
        };
        let job = costs.job(usize::MAX, pipe);
        let began = Instant::now();
        let consumers: Vec<_> = (0..processes).map(|_| job.start()).collect();
        while world.left() > 0 {
            assert!(began.elapsed() < PATIENCE, "{} messages are left", world.left());
            std::thread::sleep(Duration::from_millis(10));
        }
        let wall = began.elapsed().as_secs_f64();
        let used: Vec<_> =
            consumers.into_iter().map(|consumer| costs.without_start(consumer.end())).collect();
        let sum = |of: fn(&Used) -> f64| used.iter().map(of).sum::<f64>();
        let records = sum(|used| used.records);
        assert_eq!(records, (objects * RECORDS) as f64, "each record once");
        let could_be = (processes * CONCURRENCY) as f64 / LATENCY.as_secs_f64();
        [records / wall, sum(|used| used.cpu) / records * 1e6, could_be]
    });
}

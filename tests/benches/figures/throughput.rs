//! P1, P2, P3: decoded bytes per CPU-second of the consuming process, against LIMIT over the same bytes.

use crate::{
    consuming::{
        consumer::{Job, Work},
        pipe::Pipe,
        world::World,
    },
    measure::{
        clock::cpu_seconds,
        input::{Input, gzip},
        limit::limit,
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
};
use bytes::Bytes;
use s3_sqs_processor::Framing;

pub(crate) fn measure(plan: &Plan) {
    let figures = [
        ("P1", "one processor, 40 MB gzip of lines", 40, Framing::Lines, 1, 0.90),
        ("P1", "one processor, 40 MB gzip of undelimited JSON", 40, Framing::Json, 1, 0.90),
        ("P2", "one processor, 5 MB gzip of lines", 5, Framing::Lines, 1, 0.85),
        ("P2", "one processor, 5 MB gzip of undelimited JSON", 5, Framing::Json, 1, 0.85),
        ("P3", "three processors, 40 MB gzip of lines", 40, Framing::Lines, 3, 0.85),
        ("P3", "three processors, 40 MB gzip of undelimited JSON", 40, Framing::Json, 3, 0.85),
    ];
    if !figures.iter().any(|(name, ..)| plan.wants(name)) {
        return;
    }
    // About five bytes to one.
    let input = Input::of(plan.pick(200_000_000, 500_000), 1);
    let small = Input::of(plan.pick(25_000_000, 100_000), 2);
    for (name, what, size, framing, processors, target) in figures {
        if !plan.wants(name) {
            continue;
        }
        let (input, files) = if size == 40 { (&input, plan.pick(8, 2)) } else { (&small, plan.pick(60, 2)) };
        let file: Bytes = match framing {
            Framing::Lines => gzip(&input.lines()),
            _ => gzip(input.undelimited()),
        }
        .into();
        let world = World::new();
        let job = Job {
            endpoint: world.endpoint(),
            queue_url: &world.queue_url,
            messages: files,
            work: Work::Pipeline(Pipe::trivial(framing, processors)),
        };
        let mut consume = || {
            world.put(vec![file.clone(); files]);
            let used = job.run();
            used.decoded / used.cpu
        };
        let mut bare = || {
            let mut decoded = 0;
            let seconds = cpu_seconds(|| (0..files).for_each(|_| decoded += limit(&file[..]).1));
            decoded as f64 / seconds
        };
        let sdk_alone = Job { work: Work::Bare { bucket: &world.bucket, decodes: true }, ..job };
        let mut sdk = || {
            world.put(vec![file.clone(); files]);
            let used = sdk_alone.run();
            used.decoded / used.cpu
        };
        let measured = rounds(plan.rounds(), [&mut consume, &mut bare, &mut sdk]);
        let what = format!("{what}: speed to LIMIT");
        row(name, &what, "x", measured.spread(|[ours, limit, _]| ours / limit), Target::AtLeast(target));
        let what = "speed to the SDK alone with LIMIT's decoder";
        row("", what, "x", measured.spread(|[ours, _, sdk]| ours / sdk), Target::None);
        let what = "the SDK alone with LIMIT's decoder, to LIMIT";
        row("", what, "x", measured.spread(|[_, limit, sdk]| sdk / limit), Target::None);
        row("", "LIMIT: decoded per CPU-second", " MB", measured.spread(|[_, limit, _]| limit / 1e6), Target::None);
    }
}

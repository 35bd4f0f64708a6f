//! P12: peak memory of a consuming process, by the size of the files it reads.

use crate::{
    consumer::{Job, Work},
    measure::{
        input::{Input, gzip},
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
    world::World,
};
use bytes::Bytes;
use s3_sqs_processor::Framing;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("P12") {
        return;
    }
    let member = gzip(&Input::of(plan.pick(25_000_000, 100_000), 12).lines());
    // As if files had been concatenated.
    let large: Bytes = member.repeat(126_000_000_usize.div_ceil(member.len()).min(plan.pick(usize::MAX, 3))).into();
    let small = Bytes::from(member);
    let world = World::new();
    let peak = |file: &Bytes, files: usize, slots| {
        world.put(vec![file.clone(); files]);
        let work = Work::Pipeline { framing: Framing::default(), processors: 1, slots };
        let job = Job { endpoint: world.endpoint(), queue_url: &world.queue_url, messages: files, work };
        job.run().peak
    };
    let measured = rounds(
        plan.rounds().min(5),
        [&mut || peak(&small, 8, Some(2)), &mut || peak(&large, 2, Some(2)), &mut || peak(&small, 16, None)],
    );
    let apart = measured.spread(|[small, large, _]| (small - large).abs() / small.min(large) * 100.0);
    row("P12", "peak memory: files of 5 MB and of 126 MB apart by", " %", apart, Target::AtMost(10.0));
    let size = |at: usize| measured.spread(|peaks| peaks[at]);
    row("P12", "peak memory, two files of 5 MB at a time", " MiB", size(0), Target::AtMost(48.0));
    row("P12", "peak memory, two files of 126 MB at a time", " MiB", size(1), Target::AtMost(48.0));
    row("", "peak memory, sixteen files of 5 MB, default limits", " MiB", size(2), Target::None);
}

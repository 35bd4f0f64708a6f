//! P12: peak memory of a consuming process, by the size of the files it reads.

use crate::{
    consuming::{
        consumer::{Job, Work},
        pipe::Pipe,
        world::World,
    },
    measure::{
        input::{Input, gzip},
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
};
use bytes::Bytes;
use std::time::Duration;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("P12") {
        return;
    }
    let member = gzip(&Input::of(plan.pick(25_000_000, 100_000), 12).lines());
    // As if files had been concatenated.
    let large: Bytes = member
        .repeat(126_000_000_usize.div_ceil(member.len()).min(plan.pick(usize::MAX, 3)))
        .into();
    let small = Bytes::from(member);
    // A peak is the most over a run, so the runs that are compared read as many bytes.
    let as_many = 2 * large.len() / small.len();
    let huge = gigabyte(plan.pick(16, 1));
    let tiny = Bytes::from_static(b"{}");
    let world = World::new();
    let peak = |file: &Bytes, files: usize, pipe| {
        world.put(vec![file.clone(); files]);
        let work = Work::Pipeline(pipe);
        Job { endpoint: world.endpoint(), queue_url: &world.queue_url, messages: files, work }
            .run()
            .peak
    };
    let one = Pipe::trivial("json", 1);
    let two_files = Pipe { slots: Some(2), ..one };
    let mixed = Pipe { trivial: 2, waiting: 1, latency: Duration::from_millis(1), ..one };
    let measured = rounds(
        plan.rounds().min(5),
        [
            &mut || peak(&small, as_many, two_files),
            &mut || peak(&large, 2, two_files),
            &mut || peak(&huge, 1, two_files),
            &mut || peak(&tiny, 8, two_files),
            &mut || peak(&small, 16, one),
            &mut || peak(&small, 16, mixed),
        ],
    );
    let apart =
        measured.spread(|[small, large, ..]| (small - large).abs() / small.min(large) * 100.0);
    row(
        "P12",
        "peak memory: files of 5 MB and of 126 MB apart by",
        " %",
        apart,
        Target::AtMost(10.0),
    );
    let size = |at: usize| measured.spread(|peaks| peaks[at]);
    row("P12", "peak memory, two files of 5 MB at a time", " MiB", size(0), Target::AtMost(48.0));
    row("P12", "peak memory, two files of 126 MB at a time", " MiB", size(1), Target::AtMost(48.0));
    row("P12", "peak memory, one file of 1 GB decompressed", " MiB", size(2), Target::AtMost(48.0));
    row(
        "",
        "peak memory, objects of 2 bytes: what a process takes anyway",
        " MiB",
        size(3),
        Target::None,
    );
    row(
        "",
        "peak memory, sixteen files of 5 MB, default limits (32 MiB of buffers)",
        " MiB",
        size(4),
        Target::None,
    );
    row(
        "",
        "the same with three processors, one of which waits 1 ms per record",
        " MiB",
        size(5),
        Target::None,
    );
}

/// So many times 64 MB of records that repeat themselves within the window of gzip: few bytes to
/// send.
fn gigabyte(members: usize) -> Bytes {
    let records = Input::of(20_000, 13).lines();
    gzip(&records.repeat(64_000_000 / records.len() + 1)).repeat(members).into()
}

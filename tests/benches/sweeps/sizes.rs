//! The size of records, as lines and as JSON with nothing in between.

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

const SWEEP: Sweep<5> = Sweep {
    name: "sizes",
    axis: "record (bytes)",
    columns: [
        "CPU per MB, lines (us)",
        "LIMIT, lines (us)",
        "CPU per MB, undelimited JSON (us)",
        "LIMIT, undelimited JSON (us)",
        "CPU per record, lines (us)",
    ],
};

const FILES: usize = 4;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants(SWEEP.name) {
        return;
    }
    let costs = Costs::new();
    SWEEP.run(
        plan,
        plan.pick(&[50, 200, 1_000, 5_000, 20_000, 100_000, 1_000_000], &[50, 100_000]),
        |size| {
            let input = Input::of_size(plan.pick(25_000_000, 200_000), size, 23);
            let [lines, lines_limit, per_record] =
                consume(&costs, "lines", &gzip(&input.lines()).into());
            let [json, json_limit, _] = consume(&costs, "json", &gzip(input.undelimited()).into());
            [lines, lines_limit, json, json_limit, per_record]
        },
    );
}

/// Per MB ours and LIMIT, and ours per record, in us.
fn consume(costs: &Costs, format: &'static str, file: &Bytes) -> [f64; 3] {
    costs.world.put(vec![file.clone(); FILES]);
    let used = costs.run(FILES, Pipe::trivial(format, 1));
    let limit = cpu_seconds(|| (0..FILES).for_each(|_| _ = limit(&file[..])));
    let per_mb = |seconds: f64| seconds / used.decoded * 1e12;
    [per_mb(used.cpu), per_mb(limit), used.cpu / used.records * 1e6]
}

//! P4, P5: bytes to records, on one thread.

use crate::measure::{
    clock::cpu_seconds,
    input::{Input, gzip},
    limit::limit,
    plan::Plan,
    rounds::rounds,
    table::{Target, row},
};
use s3_sqs_processor::decode::{
    __private::{count_values, decode, instruction_sets},
    json, lines,
};
use serde::de::IgnoredAny;

/// As they come from a connection.
const CHUNK: usize = 32 << 10;

pub(crate) fn measure(plan: &Plan) {
    if plan.wants("P4") {
        framing(plan);
    }
    if plan.wants("P5") {
        scanning(plan);
    }
}

fn framing(plan: &Plan) {
    let input = Input::of(plan.pick(100_000_000, 1_000_000), 4);
    let count = input.count();
    let (by_lines, undelimited) = (gzip(&input.lines()), gzip(input.undelimited()));
    let measured = rounds(
        plan.rounds(),
        [
            &mut || cpu_seconds(|| assert_eq!(decode(&undelimited, &json(), CHUNK), count)),
            &mut || cpu_seconds(|| assert_eq!(decode(&by_lines, &lines(), CHUNK), count)),
            &mut || cpu_seconds(|| assert_eq!(limit(&by_lines[..]).0, count)),
            &mut || cpu_seconds(|| assert!(limit(&undelimited[..]).1 > 0)),
        ],
    );
    let ratio = input.undelimited().len() as f64 / undelimited.len() as f64;
    let record = input.undelimited().len() as f64 / count as f64;
    let speed = measured.spread(|[json, ..]| lines_and_json(&input) / json / 1e6);
    row(
        "P4",
        "undelimited JSON: speed to that of lines, same records",
        "x",
        measured.spread(|[j, l, ..]| l / j),
        Target::AtLeast(0.92),
    );
    row(
        "",
        "undelimited JSON: speed to LIMIT on the same bytes",
        "x",
        measured.spread(|[j, _, _, m]| m / j),
        Target::None,
    );
    row(
        "",
        "lines: speed to LIMIT on the same bytes",
        "x",
        measured.spread(|[_, l, m, _]| m / l),
        Target::None,
    );
    row("", "the input: gzip ratio", "x", ratio, Target::None);
    row("", "the input: mean record", " B", record, Target::None);
    row("", "undelimited JSON: decoded per CPU-second", " MB", speed, Target::None);
}

fn lines_and_json(input: &Input) -> f64 {
    input.undelimited().len() as f64
}

fn scanning(plan: &Plan) {
    let input = Input::of(plan.pick(50_000_000, 500_000), 5);
    let (text, count) = (input.undelimited(), input.count());
    let skip = || serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>().count();
    for (name, level) in instruction_sets() {
        let target = match name {
            "SSE2" => Target::AtLeast(3.0),
            "AVX2" => Target::AtLeast(4.0),
            _ if cfg!(target_arch = "x86_64") => Target::None,
            _ => Target::AtLeast(1.2),
        };
        let measured = rounds(
            plan.rounds(),
            [&mut || cpu_seconds(|| assert_eq!(count_values(level, text), count)), &mut || {
                cpu_seconds(|| assert_eq!(skip(), count))
            }],
        );
        let what = format!("JSON scanner, {name}: speed to serde_json's IgnoredAny");
        row("P5", &what, "x", measured.spread(|[ours, serde]| serde / ours), target);
    }
}

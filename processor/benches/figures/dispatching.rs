//! P6, P7, P8, P10: what it costs to have a processor called, per record. Nothing is decoded here.

use crate::{
    dispatch::{
        lane::{BLOCK, Lane},
        payloads::Payloads,
        processors::{KeepAndSettle, SettleAtOnce, SuspendOnce, Trivial},
    },
    measure::{
        clock::cpu_seconds,
        input::Input,
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
};
use s3_sqs_processor::{Pipeline, ProcessorOptions};
use tokio::runtime::Builder as RuntimeBuilder;

const WINDOW: usize = 64;

pub(crate) fn measure(plan: &Plan) {
    let text = Input::of(2 * BLOCK, 6).lines();
    let blocks = plan.pick(1_000, 2);
    if ["P6", "P7", "P10"].iter().any(|figure| plan.wants(figure)) {
        ready(plan, &text, blocks);
    }
    if plan.wants("P8") {
        suspending(plan, &text, blocks / 4);
    }
}

/// CPU time of a run, per record, in ns.
fn cost(lane: &mut Lane) -> f64 {
    per_record(lane.records(), || lane.run())
}

fn per_record(records: usize, work: impl FnOnce()) -> f64 {
    cpu_seconds(work) / records as f64 * 1e9
}

fn workers() -> RuntimeBuilder {
    let mut builder = RuntimeBuilder::new_multi_thread();
    builder.worker_threads(2);
    builder
}

fn ready(plan: &Plan, text: &[u8], blocks: usize) {
    let mut lane =
        Lane::new(Pipeline::builder().processor("p", Trivial), &mut workers(), text, blocks);
    let deferred = |builder| Lane::new(builder, &mut workers(), text, blocks / 2);
    let mut settled = deferred(Pipeline::builder().deferred_processor("p", SettleAtOnce));
    let mut kept = deferred(Pipeline::builder().deferred_processor("p", KeepAndSettle));
    let payloads = Payloads::of(&lane);
    let runtime = workers().build().unwrap();
    let spawned = blocks.div_ceil(20);
    let measured = rounds(
        plan.rounds(),
        [
            &mut || cost(&mut lane),
            &mut || per_record(blocks * payloads.count(), || payloads.direct(blocks)),
            &mut || per_record(spawned * payloads.count(), || payloads.spawned(&runtime, spawned)),
            &mut || cost(&mut settled),
            &mut || cost(&mut kept),
        ],
    );
    let above = measured.spread(|[lane, direct, ..]| lane - direct);
    let spawn = measured.spread(|[_, direct, spawn, ..]| spawn - direct);
    row("P6", "a ready record: CPU above a direct call", " ns", above, Target::AtMost(25.0));
    let share =
        measured.spread(|[lane, direct, spawn, ..]| (lane - direct) / (spawn - direct) * 100.0);
    row("", "the same, as a share of one tokio::spawn", " %", share, Target::None);
    row("", "a direct call", " ns", measured.spread(|[_, direct, ..]| direct), Target::None);
    row("", "one tokio::spawn, above a direct call", " ns", spawn, Target::None);
    let cheaper = measured.spread(|[lane, direct, spawn, ..]| (spawn - direct) / (lane - direct));
    row(
        "P7",
        "a ready record against one tokio::spawn: times cheaper",
        "x",
        cheaper,
        Target::AtLeast(15.0),
    );
    let more = measured.spread(|[lane, _, _, settled, _]| settled - lane);
    row(
        "P10",
        "deferred acknowledgement: CPU above a ready record",
        " ns",
        more,
        Target::AtMost(60.0),
    );
    let kept = measured.spread(|[lane, .., kept]| kept - lane);
    row("", "the same, with a copy of the record kept", " ns", kept, Target::None);
    let share = measured
        .spread(|[lane, direct, spawn, settled, _]| (settled - lane) / (spawn - direct) * 100.0);
    row("", "deferred acknowledgement, as a share of one tokio::spawn", " %", share, Target::None);
}

fn suspending(plan: &Plan, text: &[u8], blocks: usize) {
    let blocks = blocks.max(1);
    let options = ProcessorOptions::default().concurrency(WINDOW);
    let builder = Pipeline::builder().processor_with("p", options, SuspendOnce);
    let one_thread = || RuntimeBuilder::new_current_thread();
    let mut lane = Lane::new(builder, &mut one_thread(), text, blocks);
    let payloads = Payloads::of(&lane);
    let runtime = one_thread().build().unwrap();
    let records = blocks * payloads.count();
    let unordered = || payloads.unordered(&runtime, WINDOW, blocks);
    let measured =
        rounds(plan.rounds(), [&mut || cost(&mut lane), &mut || per_record(records, unordered)]);
    let ratio = measured.spread(|[ours, unordered]| ours / unordered);
    row(
        "P8",
        "a record that suspends once, window 64: time to that of buffer_unordered(64)",
        "x",
        ratio,
        Target::AtMost(1.1),
    );
    row("", "the same, per record", " ns", measured.spread(|[ours, _]| ours), Target::None);
}

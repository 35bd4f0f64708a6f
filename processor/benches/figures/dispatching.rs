//! P6, P7, P8, P10: what it costs to have a processor called, per record. Nothing is decoded here.

use crate::measure::{
    clock::cpu_seconds,
    input::Input,
    plan::Plan,
    rounds::rounds,
    table::{Target, row},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use s3_sqs_processor::{
    Ack, Builder, Context, DeferredProcessor, OwnedRecord, Pipeline, ProcessError, ProcessorOptions, Record,
    RecordProcessor,
    testing::bench::{Dispatch, dispatch},
};
use std::{future::poll_fn, hint::black_box, task::Poll};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

/// As much as the reader of a large object hands on at once.
const BLOCK: usize = 1 << 20;
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

/// All defaults: a time-out is configured, panics are isolated, failures tracked.
struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(record.payload());
        Ok(())
    }
}

struct SettleAtOnce;

impl DeferredProcessor for SettleAtOnce {
    async fn accept(&self, record: OwnedRecord, _cx: &Context, ack: Ack) {
        black_box(record.payload());
        ack.done();
    }
}

struct SuspendOnce;

impl RecordProcessor for SuspendOnce {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        suspend_once().await;
        black_box(record.payload());
        Ok(())
    }
}

async fn suspend_once() {
    let mut suspended = false;
    poll_fn(|task| {
        if std::mem::replace(&mut suspended, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A lane that takes blocks on a runtime of its own.
struct Lane {
    runtime: Runtime,
    dispatch: Option<Dispatch>,
    blocks: usize,
}

impl Lane {
    fn new(builder: Builder, runtime: &mut RuntimeBuilder, text: &[u8], blocks: usize) -> Self {
        Self { runtime: runtime.enable_all().build().unwrap(), dispatch: Some(dispatch(builder, text, BLOCK)), blocks }
    }

    /// CPU time per record, in ns.
    fn cost(&mut self) -> f64 {
        let mut dispatch = self.dispatch.take().unwrap();
        let blocks = self.blocks;
        let records = dispatch.records().count() * blocks;
        let work = self.runtime.spawn(async move {
            dispatch.run(blocks).await;
            dispatch
        });
        cpu_seconds(|| self.dispatch = Some(self.runtime.block_on(work).unwrap())) / records as f64 * 1e9
    }
}

fn workers() -> RuntimeBuilder {
    let mut builder = RuntimeBuilder::new_multi_thread();
    builder.worker_threads(2);
    builder
}

fn ready(plan: &Plan, text: &[u8], blocks: usize) {
    let mut lane = Lane::new(Pipeline::builder().processor("p", Trivial), &mut workers(), text, blocks);
    let mut deferred =
        Lane::new(Pipeline::builder().deferred_processor("p", SettleAtOnce), &mut workers(), text, blocks / 2);
    let payloads = Dispatched::of(&lane);
    let runtime = workers().build().unwrap();
    let measured = rounds(
        plan.rounds(),
        [
            &mut || lane.cost(),
            &mut || payloads.direct(blocks),
            &mut || payloads.spawned(&runtime, blocks.div_ceil(20)),
            &mut || deferred.cost(),
        ],
    );
    let above = measured.spread(|[lane, direct, ..]| lane - direct);
    let spawn = measured.spread(|[_, direct, spawn, _]| spawn - direct);
    row("P6", "a ready record: CPU above a direct call", " ns", above, Target::AtMost(25.0));
    let share = measured.spread(|[lane, direct, spawn, _]| (lane - direct) / (spawn - direct) * 100.0);
    row("", "the same, as a share of one tokio::spawn", " %", share, Target::None);
    row("", "a direct call", " ns", measured.spread(|[_, direct, ..]| direct), Target::None);
    row("", "one tokio::spawn, above a direct call", " ns", spawn, Target::None);
    let cheaper = measured.spread(|[lane, direct, spawn, _]| (spawn - direct) / (lane - direct));
    row("P7", "a ready record against one tokio::spawn: times cheaper", "x", cheaper, Target::AtLeast(15.0));
    let more = measured.spread(|[lane, _, _, deferred]| deferred - lane);
    row("P10", "deferred acknowledgement: CPU above a ready record", " ns", more, Target::AtMost(60.0));
    let share = measured.spread(|[lane, direct, spawn, deferred]| (deferred - lane) / (spawn - direct) * 100.0);
    row("", "the same, as a share of one tokio::spawn", " %", share, Target::None);
}

/// The payloads of a block, without any of the library around them.
struct Dispatched(Vec<Bytes>);

impl Dispatched {
    fn of(lane: &Lane) -> Self {
        let dispatch = lane.dispatch.as_ref().unwrap();
        // Views into one buffer, as a reader of lines would have them.
        let all: Bytes = dispatch.records().flatten().copied().collect();
        let ends = dispatch.records().scan(0, |end, record| {
            let start = *end;
            *end += record.len();
            Some(start..*end)
        });
        Self(ends.map(|range| all.slice(range)).collect())
    }

    fn direct(&self, blocks: usize) -> f64 {
        let work = || {
            for _ in 0..blocks {
                for payload in &self.0 {
                    black_box(&payload[..]);
                }
            }
        };
        cpu_seconds(work) / (blocks * self.0.len()) as f64 * 1e9
    }

    fn spawned(&self, runtime: &Runtime, blocks: usize) -> f64 {
        let payloads = self.0.clone();
        let work = async move {
            for _ in 0..blocks {
                let tasks: Vec<_> = payloads
                    .iter()
                    .map(|payload| {
                        let payload = payload.clone();
                        tokio::spawn(async move { _ = black_box(&payload[..]) })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }
        };
        cpu_seconds(|| runtime.block_on(runtime.spawn(work)).unwrap()) / (blocks * self.0.len()) as f64 * 1e9
    }

    fn unordered(&self, runtime: &Runtime, blocks: usize) -> f64 {
        let payloads = self.0.clone();
        let work = async move {
            for _ in 0..blocks {
                let each = stream::iter(&payloads).map(|payload| async {
                    suspend_once().await;
                    black_box(&payload[..]);
                });
                each.buffer_unordered(WINDOW).for_each(|()| std::future::ready(())).await;
            }
        };
        cpu_seconds(|| runtime.block_on(work)) / (blocks * self.0.len()) as f64 * 1e9
    }
}

fn suspending(plan: &Plan, text: &[u8], blocks: usize) {
    let blocks = blocks.max(1);
    let options = ProcessorOptions::default().concurrency(WINDOW);
    let builder = Pipeline::builder().processor_with("p", options, SuspendOnce);
    let one_thread = || RuntimeBuilder::new_current_thread();
    let mut lane = Lane::new(builder, &mut one_thread(), text, blocks);
    let payloads = Dispatched::of(&lane);
    let runtime = one_thread().build().unwrap();
    let measured = rounds(plan.rounds(), [&mut || lane.cost(), &mut || payloads.unordered(&runtime, blocks)]);
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

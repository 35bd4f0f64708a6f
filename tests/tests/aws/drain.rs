//! Stopping in the middle of work.

use crate::harness::{Consumer, Counts, Seen, Setup, Sink, World, eventually, ndjson, records};
use s3_sqs_processor::{Builder, Context, Limits, ProcessError, Record, RecordProcessor, State};
use std::sync::Arc;
use tokio::sync::Semaphore;

const OBJECTS: usize = 20;
/// So many small objects are read side by side within the least `limits.buffered_bytes`.
const SIDE_BY_SIDE: usize = 4;

/// Works on a record for as long as the gate is shut.
struct Gated {
    sink: Sink,
    begun: Sink,
    gate: Arc<Semaphore>,
}

impl RecordProcessor for Gated {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        self.begun.note(Seen::of(record, cx));
        self.gate.acquire().await?.forget();
        self.sink.note(Seen::of(record, cx));
        Ok(())
    }
}

async fn filled(name: &str) -> (World, Vec<String>) {
    let world = Setup::new(name).visibility(600).make().await;
    let mut all = Vec::new();
    for object in 0..OBJECTS {
        let one = records(&format!("object-{object}"), 1);
        world.put(&format!("data/{object}"), ndjson(&one)).await;
        all.extend(one);
    }
    (world, all)
}

fn pipeline(world: &World, sink: &Sink, begun: &Sink, gate: &Arc<Semaphore>) -> Builder {
    let gated = Gated { sink: sink.clone(), begun: begun.clone(), gate: Arc::clone(gate) };
    world.pipeline().limits(Limits::default().buffered_bytes(1 << 20)).processor("gated", gated)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_48_a_drain_finishes_what_runs_and_hands_the_rest_back_at_once() {
    let (world, all) = filled("drain").await;
    let (sink, begun, gate) = (Sink::new(), Sink::new(), Arc::new(Semaphore::new(0)));
    let first = Consumer::start(pipeline(&world, &sink, &begun, &gate));
    first.until("all are held", |stats| stats.held == OBJECTS as u64).await;
    begun.until(SIDE_BY_SIDE).await;

    first.handle.drain();
    let rest = (OBJECTS - SIDE_BY_SIDE) as u64;
    first.until("only what runs is held", |stats| stats.held == SIDE_BY_SIDE as u64).await;
    // Nothing waits for the visibility timeout: the rest is there for another.
    let counts = Counts { visible: rest as u32, ..Counts::hidden(SIDE_BY_SIDE as u32) };
    eventually("the rest is visible", async || (world.counts(world.queue()).await == counts).then_some(())).await;
    assert_eq!(first.handle.state(), State::Draining);
    gate.add_permits(OBJECTS);
    let stats = first.stop().await;
    assert_eq!(stats.messages.deleted, SIDE_BY_SIDE as u64);
    assert_eq!(stats.messages.released, stats.messages.received - stats.messages.deleted);
    assert_eq!((sink.count(), begun.count()), (SIDE_BY_SIDE, SIDE_BY_SIDE));

    let stats = Consumer::start(pipeline(&world, &sink, &begun, &gate)).finish(rest).await;
    assert_eq!((stats.messages.received, stats.messages.deleted), (rest, rest));
    sink.assert_each_once(all);
    world.assert_all_gone().await;
}

/// Nothing finishes: all is handed back at once, and nothing was deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_48_an_abort_hands_everything_back() {
    let (world, all) = filled("abort").await;
    let (sink, begun, gate) = (Sink::new(), Sink::new(), Arc::new(Semaphore::new(0)));
    let first = Consumer::start(pipeline(&world, &sink, &begun, &gate));
    first.until("all are held", |stats| stats.held == OBJECTS as u64).await;
    begun.until(SIDE_BY_SIDE).await;
    first.handle.abort();
    let stats = first.stop().await;
    assert_eq!((stats.messages.deleted, stats.messages.released), (0, stats.messages.received));
    assert_eq!(world.counts(world.queue()).await, Counts { visible: OBJECTS as u32, ..Counts::EMPTY });

    gate.add_permits(OBJECTS);
    Consumer::start(pipeline(&world, &sink, &begun, &gate)).finish(OBJECTS as u64).await;
    sink.assert_each_once(all);
    world.assert_all_gone().await;
}

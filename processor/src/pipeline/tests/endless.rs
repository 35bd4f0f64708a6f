//! Work that never ends is ended: 30 s after its lease is over, message, slot, buffers and permits
//! are free again.

use super::{
    probe::Act,
    world::{Run, World},
};
use crate::{
    Ack, BatchError, BatchOptions, BatchProcessor, Builder, Context, DeferredOptions,
    DeferredProcessor, Limits, ProcessorOptions, Record,
    testing::{Place, QueueSettings},
};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
/// What is cut by the 12 hours of its receive, with the grace period and some requests.
const CUT: Duration = Duration::from_secs(12 * 3_600 + 120);

fn world() -> World {
    World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() })
}

/// Four messages whose records never end, at their first delivery, take all there is to have. A
/// healthy one comes an hour later.
async fn healthy_beside_endless(world: &World, builder: Builder) -> Run {
    let endless: Vec<_> = (0..4).map(|n| world.file(&format!("endless/{n}"), "{}")).collect();
    let run = world.start(builder);
    tokio::time::sleep(HOUR).await;
    let healthy = world.file("healthy", "{}");
    run.until("the healthy one is done", || world.queue.place(&healthy) == Place::Deleted).await;
    let took = world.trace.elapsed();
    assert!(took < CUT, "it took {took:?}");
    assert_eq!(world.queue.receives(&healthy), 1);
    run.until("the endless ones came back", || {
        endless.iter().all(|message| world.queue.place(message) == Place::Deleted)
    })
    .await;
    run
}

/// At its first delivery.
fn is_endless(key: &str, receive_count: u32) -> bool {
    key.starts_with("endless") && receive_count == 1
}

#[tokio::test(start_paused = true)]
async fn trap_72_futures_that_never_end_give_back_slots_and_permits() {
    for (slots, concurrency) in [(4, 100), (5, 4)] {
        let world = world();
        let options = ProcessorOptions::default().concurrency(concurrency).no_timeout();
        let probe = world.probe("p", |seen| match is_endless(&seen.key, seen.receive_count) {
            true => Act::Forever,
            false => Act::Done,
        });
        let builder = world.builder().processor_with("p", options, probe);
        let run = healthy_beside_endless(&world, builder.limits(Limits::default().messages(slots)));
        run.await.stop().await;
        assert_eq!(world.log.running(), 0);
    }
}

struct Bulk;

impl BatchProcessor for Bulk {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        if records.iter().any(|record| is_endless(record.object().key(), cx.receive_count())) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn trap_72_batches_that_never_end_give_back_slots_and_permits() {
    let world = world();
    let options = BatchOptions::default().concurrency(4).max_records(1).no_timeout();
    let builder = world.builder().limits(Limits::default().messages(5));
    let builder = builder.batch_processor_with("b", options, Bulk);
    healthy_beside_endless(&world, builder).await.stop().await;
}

/// Loses its acknowledgements for good.
struct Leaks;

impl DeferredProcessor for Leaks {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        match is_endless(record.object().key(), cx.receive_count()) {
            true => std::mem::forget(ack),
            false => ack.done(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_72_acknowledgements_that_leak_give_back_slots_and_permits() {
    let world = world();
    let options = DeferredOptions::default().concurrency(4);
    let builder = world.builder().limits(Limits::default().messages(5));
    let builder = builder.deferred_processor_with("d", options, Leaks);
    healthy_beside_endless(&world, builder).await.stop().await;
}

/// Never has taken over a record.
struct Hesitates;

impl DeferredProcessor for Hesitates {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        if is_endless(record.object().key(), cx.receive_count()) {
            std::future::pending::<()>().await;
        }
        ack.done();
    }
}

#[tokio::test(start_paused = true)]
async fn trap_72_records_that_are_never_taken_over_give_back_slots_and_permits() {
    let world = world();
    let options = DeferredOptions::default().concurrency(4).no_accept_timeout();
    let builder = world.builder().limits(Limits::default().messages(5));
    let builder = builder.deferred_processor_with("d", options, Hesitates);
    healthy_beside_endless(&world, builder).await.stop().await;
}

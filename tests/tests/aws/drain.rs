//! Stopping in the middle of work.

use crate::harness::{Consumer, Counts, Gated, Setup, Sink, World, eventually, ndjson, records};
use s3_sqs_processor::{Builder, Limits, State};

/// So many small objects are read side by side within these `limits.buffered_bytes`.
const SIDE_BY_SIDE: usize = 4;

/// As many objects of one record each, all of them announced.
async fn filled(name: &str, objects: usize) -> (World, Vec<String>) {
    let world = Setup::new(name).visibility(600).make().await;
    let put = async |object| {
        let one = records(&format!("object-{object}"), 1);
        world.put(&format!("data/{object}"), ndjson(&one)).await;
        one
    };
    let all = world.side_by_side(0..objects, put).await.concat();
    visible(&world, objects as u64).await;
    (world, all)
}

/// Waits until so many messages are on the queue, and none is held.
async fn visible(world: &World, messages: u64) {
    let counts = Counts { visible: messages as u32, ..Counts::EMPTY };
    let probe = async || (world.counts(world.queue_url()).await == counts).then_some(());
    eventually(&format!("{messages} messages are visible"), probe).await;
}

fn pipeline(world: &World, gated: &Gated) -> Builder {
    world
        .pipeline()
        .limits(Limits::default().messages(1_000).buffered_bytes(1 << 20))
        .processor("gated", gated.clone())
}

/// How many messages were received so many times, as their only record tells.
fn received(sink: &Sink, times: u32) -> u64 {
    sink.seen().iter().filter(|seen| seen.receive_count == times).count() as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_48_a_drain_finishes_what_runs_and_hands_the_rest_back_at_once() {
    let objects = 20;
    let (world, all) = filled("drain", objects).await;
    let gated = Gated::new();
    let first = Consumer::start(pipeline(&world, &gated));
    // More than can be begun is received, but not much more.
    first.until("more is held than runs", |stats| stats.held > SIDE_BY_SIDE as u64).await;
    gated.begun.until(SIDE_BY_SIDE).await;

    first.handle.drain();
    let rest = (objects - SIDE_BY_SIDE) as u64;
    first.until("only what runs is held", |stats| stats.held == SIDE_BY_SIDE as u64).await;
    // Nothing waits for the visibility timeout: the rest is there for another.
    let counts = Counts { visible: rest as u32, ..Counts::hidden(SIDE_BY_SIDE as u32) };
    eventually("the rest is visible", async || {
        (world.counts(world.queue_url()).await == counts).then_some(())
    })
    .await;
    assert_eq!(first.handle.state(), State::Draining);
    gated.open_for(objects);
    let messages = first.stop().await.messages;
    let again = messages.received - SIDE_BY_SIDE as u64;
    assert_eq!((messages.deleted, messages.released), (SIDE_BY_SIDE as u64, again));
    assert!(again > 0);
    assert_eq!((gated.finished.count(), gated.begun.count()), (SIDE_BY_SIDE, SIDE_BY_SIDE));

    let messages = Consumer::start(pipeline(&world, &gated)).finish(rest).await.messages;
    assert_eq!((messages.received, messages.deleted), (rest, rest));
    gated.finished.assert_each_once(all);
    assert_eq!(
        (received(&gated.finished, 1), received(&gated.finished, 2)),
        (objects as u64 - again, again)
    );
    world.assert_all_gone().await;
}

/// There is room for every message, so receives are under way all the time; what they bring is
/// handed back too, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_48_a_drain_under_load_receives_nothing_twice() {
    let (objects, through) = (200, 40);
    let (world, all) = filled("drain-load", objects).await;
    let gated = Gated::new();
    gated.open_for(through);
    let first = Consumer::start(pipeline(&world, &gated));
    gated.begun.until(through + SIDE_BY_SIDE).await;
    first.until("more is held than runs", |stats| stats.held > SIDE_BY_SIDE as u64).await;

    first.handle.drain();
    first.until("only what runs is held", |stats| stats.held == SIDE_BY_SIDE as u64).await;
    assert_eq!((first.handle.state(), gated.finished.count()), (State::Draining, through));
    gated.open_for(objects);
    let messages = first.stop().await.messages;
    let done = (through + SIDE_BY_SIDE) as u64;
    assert_eq!(
        (gated.finished.count() as u64, gated.begun.count() as u64, messages.deleted),
        (done, done, done)
    );
    assert_eq!((messages.released, messages.lease_lost), (messages.received - done, 0));
    assert!(messages.released > 0);
    let rest = objects as u64 - done;
    visible(&world, rest).await;

    let second = Consumer::start(pipeline(&world, &gated)).finish(rest).await.messages;
    assert_eq!((second.received, second.deleted, second.released), (rest, rest, 0));
    gated.finished.assert_each_once(all);
    // What was handed back is received for the second time, and nothing for the third.
    let again = messages.released;
    assert_eq!(
        (received(&gated.finished, 1), received(&gated.finished, 2)),
        (objects as u64 - again, again)
    );
    world.assert_all_gone().await;
}

/// Nothing finishes: all is handed back at once, and nothing was deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_48_an_abort_hands_everything_back() {
    let objects = 20;
    let (world, all) = filled("abort", objects).await;
    let gated = Gated::new();
    let first = Consumer::start(pipeline(&world, &gated));
    first.until("more is held than runs", |stats| stats.held > SIDE_BY_SIDE as u64).await;
    gated.begun.until(SIDE_BY_SIDE).await;
    first.handle.abort();
    let messages = first.stop().await.messages;
    let again = messages.received;
    assert_eq!((messages.deleted, messages.released), (0, again));
    // At the latest when the poll that was open would have ended.
    visible(&world, objects as u64).await;

    gated.open_for(objects);
    Consumer::start(pipeline(&world, &gated)).finish(objects as u64).await;
    gated.finished.assert_each_once(all);
    assert_eq!(received(&gated.finished, 2), again);
    world.assert_all_gone().await;
}

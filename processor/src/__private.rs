//! What this crate's own benchmarks and fuzzers reach inside for: its parts, one by one. No part of
//! the API: it may change at any time.

pub use crate::{notification::fuzz::notification, object::Dispatch, tracking::fuzz::operations};

use crate::{
    Builder, Stats,
    port::Queue,
    runtime::Env,
    testing::{MemoryQueue, MemoryStore, QueueSettings, Trace, notification as announcement},
};
use bytes::Bytes;
use std::{future::Future, sync::Arc, time::Duration};

/// The processors of a pipeline with blocks of lines to hand to them; see [`Dispatch`].
///
/// # Panics
///
/// If the settings are refused.
pub fn dispatch(builder: Builder, text: &[u8], block_size: usize) -> Dispatch {
    builder
        .queue_url("https://sqs/1/bench")
        .build()
        .expect("the settings are fine")
        .into_dispatch(text, block_size)
}

/// Runs a pipeline on a queue and a bucket in memory, in real time, until `done`.
///
/// # Panics
///
/// If the settings are refused, or a thread cannot be started.
pub async fn run(
    builder: Builder,
    objects: impl IntoIterator<Item = Bytes>,
    done: impl Future<Output = ()>,
) -> Stats {
    let trace = Trace::new();
    let visibility_timeout = Duration::from_secs(300);
    let queue = MemoryQueue::new(
        QueueSettings { visibility_timeout, ..QueueSettings::default() },
        trace.clone(),
    );
    let store = MemoryStore::new(trace);
    store.chunk_size(64 << 10);
    for (number, bytes) in objects.into_iter().enumerate() {
        queue.send(announcement(&[store.put(&number.to_string(), bytes)]));
    }
    let consumer: Arc<dyn Queue> = Arc::new(queue.consumer());
    let open = Box::new(move || -> futures::future::BoxFuture<'static, _> {
        Box::pin(async { Ok(consumer) })
    });
    let pipeline = builder.queue_url(queue.url()).build().expect("the settings are fine");
    pipeline
        .run_on(Env::production(), open, Arc::new(store), done)
        .await
        .expect("a queue in memory can be used")
}

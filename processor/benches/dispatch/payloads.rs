//! The bare alternatives to dispatching.

use super::{lane::Lane, processors::suspend_once};
use bytes::Bytes;
use futures::{StreamExt, stream};
use std::hint::black_box;
use tokio::runtime::Runtime;

/// The payloads of a block, without any of the library around them.
pub struct Payloads(Vec<Bytes>);

impl Payloads {
    pub fn of(lane: &Lane) -> Self {
        // Views into one buffer, as a reader of lines would have them.
        let all: Bytes = lane.block().flatten().copied().collect();
        let ends = lane.block().scan(0, |end, record| {
            let start = *end;
            *end += record.len();
            Some(start..*end)
        });
        Self(ends.map(|range| all.slice(range)).collect())
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn direct(&self, blocks: usize) {
        for _ in 0..blocks {
            for payload in &self.0 {
                black_box(&payload[..]);
            }
        }
    }

    /// One task for each.
    pub fn spawned(&self, runtime: &Runtime, blocks: usize) {
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
        runtime.block_on(runtime.spawn(work)).unwrap();
    }

    /// Each suspends once, so many at a time.
    pub fn unordered(&self, runtime: &Runtime, window: usize, blocks: usize) {
        let work = async {
            for _ in 0..blocks {
                let each = stream::iter(&self.0).map(|payload| async {
                    suspend_once().await;
                    black_box(&payload[..]);
                });
                each.buffer_unordered(window).for_each(|()| std::future::ready(())).await;
            }
        };
        runtime.block_on(work);
    }
}

use super::port::{Got, Miss, Queue, Read, Settled};
use s3_sqs_processor::testing::ports::{PortAnswer, PortMiss, PortQueue, PortStore};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Queues and a bucket in memory.
#[derive(Clone, Default)]
pub struct Memory {
    queues: Arc<Mutex<Vec<PortQueue>>>,
    store: Arc<Mutex<Option<PortStore>>>,
}

fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

impl Memory {
    fn at(&self, queue: &Queue) -> PortQueue {
        let index: usize = queue.name.parse().unwrap();
        self.queues.lock().unwrap()[index].clone()
    }

    fn store(&self) -> PortStore {
        self.store.lock().unwrap().clone().unwrap()
    }

    pub(super) async fn queue_with(&self, max_receives: Option<u32>) -> Queue {
        let mut queues = self.queues.lock().unwrap();
        queues.push(PortQueue::new(max_receives));
        Queue { name: (queues.len() - 1).to_string(), dead_letters: None }
    }

    pub(super) async fn send(&self, queue: &Queue, body: &str, delay: u32) {
        self.at(queue).send(body, secs(delay));
    }

    pub(super) async fn receive(&self, queue: &Queue, visibility: u32, wait: u32) -> Vec<Got> {
        let received = self.at(queue).receive(10, secs(visibility), secs(wait)).await;
        let got =
            received.into_iter().map(|one| Got { receipt: one.receipt, count: one.receive_count });
        got.collect()
    }

    pub(super) async fn change(&self, queue: &Queue, entries: &[(&str, u32)]) -> Vec<Settled> {
        let entries = entries
            .iter()
            .map(|(receipt, seconds)| ((*receipt).to_owned(), secs(*seconds)))
            .collect();
        settled(self.at(queue).change(entries).await)
    }

    pub(super) async fn delete(&self, queue: &Queue, receipts: &[&str]) -> Vec<Settled> {
        settled(
            self.at(queue)
                .delete(receipts.iter().map(|receipt| (*receipt).to_owned()).collect())
                .await,
        )
    }

    pub(super) async fn counts(&self, queue: &Queue) -> [usize; 3] {
        let [visible, in_flight, delayed, _] = self.at(queue).counts();
        [visible, in_flight, delayed]
    }

    pub(super) async fn dead(&self, queue: &Queue) -> usize {
        self.at(queue).counts()[3]
    }

    pub(super) async fn pass(&self, seconds: u32) {
        tokio::time::sleep(secs(seconds)).await;
    }

    pub(super) async fn pass_long(&self, seconds: u32) -> u32 {
        self.pass(seconds).await;
        seconds
    }

    /// Its end is known at once.
    pub(super) async fn forget_poll(&self, _: &Queue) {}

    pub(super) async fn bucket_with(&self, versioned: bool) -> String {
        *self.store.lock().unwrap() = Some(PortStore::new(versioned));
        "data".to_owned()
    }

    pub(super) async fn put(&self, _: &str, key: &str, bytes: &[u8]) -> (String, Option<String>) {
        self.store().put(key, bytes)
    }

    pub(super) async fn remove(&self, _: &str, key: &str) {
        self.store().remove(key);
    }

    pub(super) async fn read(
        &self,
        bucket: &str,
        key: &str,
        read: Read<'_>,
    ) -> Result<Vec<u8>, Miss> {
        let store = self.store();
        let got = store.get(bucket, key, read.version, read.from, read.if_match).await;
        got.map_err(|miss| match miss {
            PortMiss::Gone => Miss::Gone,
            PortMiss::Changed => Miss::Changed,
            PortMiss::Refused => Miss::Refused,
        })
    }
}

fn settled(answers: Vec<PortAnswer>) -> Vec<Settled> {
    let one = |answer| match answer {
        PortAnswer::Done => Settled::Done,
        PortAnswer::Lost => Settled::Lost,
        PortAnswer::Refused => Settled::Refused,
    };
    answers.into_iter().map(one).collect()
}

//! What a case of the ports plays on.

mod memory;
mod port;
mod servers;

pub(super) use port::{Got, Miss, Queue, Read, Settled};

use super::Aws;
use local_aws::Backend;
use memory::Memory;
use std::sync::Arc;

/// A queue service and a store, wherever they are. Clones share everything.
#[derive(Clone)]
pub enum Subject {
    /// Behind the SDK.
    Aws(Box<Aws>),
    /// The ports in memory.
    Memory(Memory),
}

/// Calls the same method on whichever it is.
macro_rules! forward {
    ($(fn $name:ident(&self $(, $arg:ident: $type:ty)*) $(-> $output:ty)?;)*) => {
        $(pub(super) async fn $name(&self $(, $arg: $type)*) $(-> $output)? {
            match self {
                Subject::Aws(aws) => aws.$name($($arg),*).await,
                Subject::Memory(memory) => memory.$name($($arg),*).await,
            }
        })*
    };
}

impl Subject {
    /// The ports in memory; on a paused clock, for a case waits for what it says.
    pub fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// On a server that nobody else has: its clock may be moved.
    pub async fn own(backend: Backend) -> Self {
        let config = backend.sdk_config().await;
        Self::Aws(Box::new(Aws::new(config, Some(Arc::new(backend)))))
    }

    /// On a server that others use too.
    pub async fn shared(backend: &Backend) -> Self {
        Self::Aws(Box::new(Aws::new(backend.sdk_config().await, None)))
    }

    pub(super) fn into_aws(self) -> Aws {
        match self {
            Subject::Aws(aws) => *aws,
            Subject::Memory(_) => panic!("the ports in memory are no AWS"),
        }
    }

    forward! {
        fn queue_with(&self, max_receives: Option<u32>) -> Queue;
        fn send(&self, queue: &Queue, body: &str, delay: u32);
        fn receive(&self, queue: &Queue, visibility: u32, wait: u32) -> Vec<Got>;
        fn change(&self, queue: &Queue, entries: &[(&str, u32)]) -> Vec<Settled>;
        fn delete(&self, queue: &Queue, receipts: &[&str]) -> Vec<Settled>;
        fn counts(&self, queue: &Queue) -> [usize; 3];
        fn dead(&self, queue: &Queue) -> usize;
        fn pass(&self, seconds: u32);
        fn pass_long(&self, seconds: u32) -> u32;
        fn forget_poll(&self, queue: &Queue);
        fn bucket_with(&self, versioned: bool) -> String;
        fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> (String, Option<String>);
        fn remove(&self, bucket: &str, key: &str);
        fn read(&self, bucket: &str, key: &str, read: Read<'_>) -> Result<Vec<u8>, Miss>;
    }

    pub(super) async fn queue(&self) -> Queue {
        self.queue_with(None).await
    }

    /// The next message, waited for.
    pub(super) async fn take(&self, queue: &Queue, visibility: u32) -> Got {
        for _ in 0..3 {
            if let Some(got) = self.receive(queue, visibility, 10).await.pop() {
                return got;
            }
        }
        panic!("no message came");
    }

    /// Sends a message and receives it.
    pub(super) async fn sent_and_taken(&self, queue: &Queue, visibility: u32) -> Got {
        self.send(queue, "m", 0).await;
        self.take(queue, visibility).await
    }

    /// Whether nothing can be received now.
    pub(super) async fn is_quiet(&self, queue: &Queue) -> bool {
        self.receive(queue, 30, 0).await.is_empty()
    }

    pub(super) async fn change_one(&self, queue: &Queue, receipt: &str, seconds: u32) -> Settled {
        self.change(queue, &[(receipt, seconds)]).await[0]
    }

    pub(super) async fn delete_one(&self, queue: &Queue, receipt: &str) -> Settled {
        self.delete(queue, &[receipt]).await[0]
    }
}

/// What a read gave, in words.
pub(super) fn text(read: Result<Vec<u8>, Miss>) -> String {
    match read {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(miss) => miss.to_string(),
    }
}

use crate::measure::limit::limit;
use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Buf, Bytes};
use futures::future::try_join_all;
use std::{
    io::{self, BufRead, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

/// So many threads that decode, as many as a pipeline has on two cores.
const DECODERS: usize = 2;

/// Receives ten messages, reads ten objects, deletes ten messages, and again: the calls and nothing
/// else, so many loops of them side by side. Which object a message announces is not looked at;
/// each is read once. Says how many bytes there were; if `decodes`, in the lines that [`limit`]
/// counts in them.
pub(super) async fn consume(
    config: SdkConfig,
    queue_url: &str,
    bucket: &str,
    messages: u64,
    loops: usize,
    decodes: bool,
) -> u64 {
    let calls = Arc::new(Calls {
        sqs: aws_sdk_sqs::Client::new(&config),
        s3: aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build(),
        ),
        queue_url: queue_url.into(),
        bucket: bucket.into(),
        messages,
        decoders: decodes.then(|| Semaphore::new(DECODERS)),
        next: AtomicU64::new(0),
        read: AtomicU64::new(0),
    });
    // On the runtime's workers, as a pipeline's reads are.
    let loops: Vec<_> = (0..loops).map(|_| tokio::spawn(Arc::clone(&calls).repeat())).collect();
    for each in loops {
        each.await.unwrap();
    }
    calls.read.load(Ordering::Relaxed)
}

struct Calls {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    queue_url: String,
    bucket: String,
    messages: u64,
    decoders: Option<Semaphore>,
    next: AtomicU64,
    read: AtomicU64,
}

impl Calls {
    async fn repeat(self: Arc<Self>) {
        while self.next.load(Ordering::Relaxed) < self.messages {
            let receive =
                self.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let received = receive.send().await.unwrap().messages.unwrap_or_default();
            try_join_all(received.iter().map(|_| self.read_one())).await.unwrap();
            let entries = received.into_iter().enumerate().map(|(id, message)| {
                let entry = aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder()
                    .id(id.to_string());
                entry.set_receipt_handle(message.receipt_handle).build().unwrap()
            });
            let entries: Vec<_> = entries.collect();
            if !entries.is_empty() {
                let delete = self
                    .sqs
                    .delete_message_batch()
                    .queue_url(&self.queue_url)
                    .set_entries(Some(entries));
                delete.send().await.unwrap();
            }
        }
    }

    async fn read_one(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let key = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let _decoder = match &self.decoders {
            Some(decoders) => Some(decoders.acquire().await?),
            None => None,
        };
        let mut body = self.s3.get_object().bucket(&self.bucket).key(key).send().await?.body;
        if self.decoders.is_some() {
            let stream = Stream { body, runtime: Handle::current(), chunk: Bytes::new() };
            let (_, bytes) = spawn_blocking(|| limit(stream)).await?;
            self.read.fetch_add(bytes as u64, Ordering::Relaxed);
            return Ok(());
        }
        while let Some(bytes) = body.next().await {
            self.read.fetch_add(bytes?.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A body, for a thread that waits for what comes.
struct Stream {
    body: ByteStream,
    runtime: Handle,
    chunk: Bytes,
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() {
            let next = self.runtime.block_on(self.body.next());
            self.chunk = next.transpose().map_err(io::Error::other)?.unwrap_or_default();
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

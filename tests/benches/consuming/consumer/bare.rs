use aws_config::SdkConfig;
use futures::future::try_join_all;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// So many loops side by side, as many as a pipeline has receives.
const LOOPS: usize = 4;

/// Receives ten messages, reads ten objects, deletes ten messages, and again: the calls and nothing else. Which object a
/// message announces is not looked at; each is read once. Says how many bytes there were.
pub(super) async fn consume(config: SdkConfig, queue_url: &str, bucket: &str, messages: u64) -> u64 {
    let calls = Arc::new(Calls {
        sqs: aws_sdk_sqs::Client::new(&config),
        s3: aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build()),
        queue_url: queue_url.into(),
        bucket: bucket.into(),
        messages,
        next: AtomicU64::new(0),
        read: AtomicU64::new(0),
    });
    // On the runtime's workers, as a pipeline's reads are.
    let loops: Vec<_> = (0..LOOPS).map(|_| tokio::spawn(Arc::clone(&calls).repeat())).collect();
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
    next: AtomicU64,
    read: AtomicU64,
}

impl Calls {
    async fn repeat(self: Arc<Self>) {
        while self.next.load(Ordering::Relaxed) < self.messages {
            let receive = self.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let received = receive.send().await.unwrap().messages.unwrap_or_default();
            try_join_all(received.iter().map(|_| self.read_one())).await.unwrap();
            let entries = received.into_iter().enumerate().map(|(id, message)| {
                let entry = aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder().id(id.to_string());
                entry.set_receipt_handle(message.receipt_handle).build().unwrap()
            });
            let entries: Vec<_> = entries.collect();
            if !entries.is_empty() {
                let delete = self.sqs.delete_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
                delete.send().await.unwrap();
            }
        }
    }

    async fn read_one(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let key = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let mut body = self.s3.get_object().bucket(&self.bucket).key(key).send().await?.body;
        while let Some(bytes) = body.next().await {
            self.read.fetch_add(bytes?.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

use aws_config::SdkConfig;
use futures::future::{join_all, try_join_all};
use std::sync::atomic::{AtomicU64, Ordering};

/// So many loops side by side, as many as a pipeline has receives.
const LOOPS: usize = 4;

/// Receives ten messages, reads ten objects, deletes ten messages, and again: the calls and nothing else. Which object a
/// message announces is not looked at; each is read once.
pub(super) async fn consume(config: &SdkConfig, queue_url: &str, bucket: &str, messages: u64) -> u64 {
    let sqs = aws_sdk_sqs::Client::new(config);
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build());
    let next = AtomicU64::new(0);
    let read = AtomicU64::new(0);
    let one_loop = || async {
        while next.load(Ordering::Relaxed) < messages {
            let answer = sqs.receive_message().queue_url(queue_url).max_number_of_messages(10).send().await.unwrap();
            let received = answer.messages.unwrap_or_default();
            let objects = received.iter().map(|_| async {
                let key = next.fetch_add(1, Ordering::Relaxed).to_string();
                let mut body = s3.get_object().bucket(bucket).key(key).send().await?.body;
                while let Some(bytes) = body.next().await {
                    read.fetch_add(bytes?.len() as u64, Ordering::Relaxed);
                }
                Ok::<_, Box<dyn std::error::Error>>(())
            });
            try_join_all(objects).await.unwrap();
            let entries = received.into_iter().enumerate().map(|(id, message)| {
                let entry = aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder().id(id.to_string());
                entry.set_receipt_handle(message.receipt_handle).build().unwrap()
            });
            let entries: Vec<_> = entries.collect();
            if !entries.is_empty() {
                sqs.delete_message_batch().queue_url(queue_url).set_entries(Some(entries)).send().await.unwrap();
            }
        }
    };
    join_all((0..LOOPS).map(|_| one_loop())).await;
    read.into_inner()
}

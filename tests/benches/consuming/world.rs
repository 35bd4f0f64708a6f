//! The embedded AWS with a bucket, a topic and a queue.

use aws_config::SdkConfig;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use bytes::Bytes;
use futures::{StreamExt, stream};
use local_aws::{Backend, BackendKind, QueueSnapshot, RequestStats};
use s3_sqs_processor::provision::Provision;
use std::{sync::Arc, time::Duration};
use tokio::runtime::Runtime;

pub(crate) struct World {
    runtime: Runtime,
    backend: Backend,
    config: SdkConfig,
    pub(crate) bucket: String,
    pub(crate) queue_url: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (backend, config, made) = runtime.block_on(async {
            let backend = Backend::start(BackendKind::Embedded).await.unwrap();
            let config = backend.sdk_config().await;
            // No lease shall need an extension in the middle of a measurement.
            let provision =
                Provision::new("figures").visibility_timeout(Duration::from_secs(3_600));
            let made = provision.apply(&config).await.unwrap();
            (backend, config, made)
        });
        let world = Self {
            runtime,
            backend,
            config,
            bucket: made.bucket.name.clone(),
            queue_url: made.queues[0].url.clone(),
        };
        world.empty_queue();
        world
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.backend.endpoint_url()
    }

    /// Writes as many objects as there are bodies, named by their number, each of which is
    /// announced.
    pub(crate) fn put(&self, bodies: impl IntoIterator<Item = Bytes>) {
        self.put_as(
            bodies.into_iter().enumerate().map(|(number, body)| (number.to_string(), body)),
        );
    }

    /// Writes objects by their keys.
    pub(crate) fn put_as(&self, objects: impl IntoIterator<Item = (String, Bytes)>) {
        let s3 = Backend::s3(&self.config);
        let puts = objects.into_iter().map(|(key, body)| {
            let put = s3.put_object().bucket(&self.bucket).key(key).body(body.into());
            async move { drop(put.send().await.unwrap()) }
        });
        self.runtime.block_on(
            stream::iter(puts).buffer_unordered(32).for_each(|()| std::future::ready(())),
        );
    }

    /// The bodies of the messages that wait, to announce the same objects again without writing
    /// them again.
    pub(crate) fn announcements(&self) -> Vec<Arc<str>> {
        self.queue().messages.into_iter().map(|message| message.body).collect()
    }

    /// Sends messages of these bodies.
    pub(crate) fn announce(&self, bodies: &[Arc<str>]) {
        let sqs = Backend::sqs(&self.config);
        let sends = bodies.chunks(10).map(|bodies| {
            let entry = |(id, body): (usize, &Arc<str>)| {
                let entry = SendMessageBatchRequestEntry::builder().id(id.to_string());
                entry.message_body(&**body).build().unwrap()
            };
            let entries = bodies.iter().enumerate().map(entry).collect();
            let send =
                sqs.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
            async move { assert!(send.send().await.unwrap().failed.is_empty()) }
        });
        self.runtime.block_on(
            stream::iter(sends).buffer_unordered(8).for_each(|()| std::future::ready(())),
        );
    }

    /// How many messages are neither deleted nor given up.
    pub(crate) fn left(&self) -> usize {
        self.queue().messages.len()
    }

    pub(crate) fn requests(&self) -> RequestStats {
        self.backend.embedded().unwrap().stats()
    }

    fn queue(&self) -> QueueSnapshot {
        self.backend.embedded().unwrap().queue(&self.queue_url).unwrap()
    }

    /// S3 announces a new notification with a message of its own.
    fn empty_queue(&self) {
        let sqs = Backend::sqs(&self.config);
        self.runtime.block_on(async {
            let answer = sqs.receive_message().queue_url(&self.queue_url).send().await.unwrap();
            for message in answer.messages() {
                let receipt = message.receipt_handle().unwrap_or_default();
                sqs.delete_message()
                    .queue_url(&self.queue_url)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .unwrap();
            }
        });
    }
}

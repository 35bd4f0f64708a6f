//! A server with clients, and short forms of what most tests do.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use local_aws::{Backend, BackendKind, Embedded, QueueSnapshot};
use tokio::task::JoinHandle;

pub(crate) struct World {
    backend: Backend,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
}

impl World {
    /// Without retries, so that each test sees the first answer.
    pub(crate) async fn new() -> Self {
        let backend = Backend::start(BackendKind::Embedded).await.unwrap();
        let once = RetryConfig::standard().with_max_attempts(1);
        let config = backend.sdk_config().await.into_builder().retry_config(once).build();
        let (s3, sqs, sns) = (Backend::s3(&config), Backend::sqs(&config), Backend::sns(&config));
        Self { backend, s3, sqs, sns }
    }

    pub(crate) fn aws(&self) -> &Embedded {
        self.backend.embedded().unwrap()
    }

    pub(crate) async fn bucket(&self, name: &str) {
        self.s3.create_bucket().bucket(name).send().await.unwrap();
    }

    pub(crate) async fn put(&self, bucket: &str, key: &str, body: impl Into<Vec<u8>>) -> String {
        let put = self.s3.put_object().bucket(bucket).key(key).body(body.into().into());
        put.send().await.unwrap().e_tag.unwrap()
    }

    pub(crate) async fn queue(&self, name: &str) -> String {
        self.queue_with(name, &[]).await
    }

    pub(crate) async fn queue_with(
        &self,
        name: &str,
        attributes: &[(QueueAttributeName, &str)],
    ) -> String {
        let mut create = self.sqs.create_queue().queue_name(name);
        for (attribute, value) in attributes {
            create = create.attributes(attribute.clone(), *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn send(&self, queue: &str, body: &str) {
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    pub(crate) fn receive(&self, queue: &str) -> ReceiveMessageFluentBuilder {
        let receive = self.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        receive.message_system_attribute_names(MessageSystemAttributeName::All)
    }

    /// Receives what is there now.
    pub(crate) async fn receive_now(&self, queue: &str) -> Vec<Message> {
        self.receive(queue).wait_time_seconds(0).send().await.unwrap().messages.unwrap_or_default()
    }

    pub(crate) async fn receive_one(&self, queue: &str) -> Message {
        let mut messages = self.receive_now(queue).await;
        assert_eq!(messages.len(), 1);
        messages.remove(0)
    }

    pub(crate) fn look(&self, queue: &str) -> QueueSnapshot {
        self.aws().queue(queue).unwrap()
    }

    /// Starts a long poll, and comes back when the server has it waiting.
    pub(crate) async fn poll(
        &self,
        client: &aws_sdk_sqs::Client,
        queue: &str,
    ) -> JoinHandle<Vec<Message>> {
        let receive = client.receive_message().queue_url(queue).wait_time_seconds(20);
        let polling =
            tokio::spawn(async { receive.send().await.unwrap().messages.unwrap_or_default() });
        until(|| self.look(queue).waiting == 1).await;
        polling
    }

    /// Visible, in flight, delayed.
    pub(crate) fn counts(&self, queue: &str) -> [usize; 3] {
        let queue = self.look(queue);
        [queue.visible, queue.in_flight, queue.delayed]
    }
}

/// Waits for something that happens soon; it is asked for again and again.
pub(crate) async fn until(mut happened: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(30), async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    patience.await.unwrap();
}

pub(crate) fn code<E: ProvideErrorMetadata>(error: &E) -> &str {
    error.code().unwrap_or("no code")
}

pub(crate) fn receipt(message: &Message) -> &str {
    message.receipt_handle().unwrap()
}

//! A whole AWS behind the SDK, and short forms of what most cases do with it.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName as System, QueueAttributeName as Name,
};

use local_aws::{Backend, Embedded};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server with clients. Clones share the server.
#[derive(Clone)]
pub struct Aws {
    own: Option<Arc<Backend>>,
    pub(super) config: SdkConfig,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) sns: aws_sdk_sns::Client,
}

impl Aws {
    /// Without retries, so that each case sees the first answer.
    pub(super) fn new(config: SdkConfig, own: Option<Arc<Backend>>) -> Self {
        let once = RetryConfig::standard().with_max_attempts(1);
        let config = config.into_builder().retry_config(once).build();
        let (s3, sqs, sns) = (Backend::s3(&config), Backend::sqs(&config), Backend::sns(&config));
        Self { own, config, s3, sqs, sns }
    }

    /// The embedded AWS, if it is this one's alone.
    pub(super) fn embedded(&self) -> Option<&Embedded> {
        self.own.as_ref().and_then(|backend| backend.embedded())
    }

    pub(super) async fn plain_queue(&self) -> String {
        self.queue_set_to(&[]).await
    }

    /// A queue with these attributes; its URL.
    pub(super) async fn queue_set_to(&self, attributes: &[(Name, &str)]) -> String {
        let mut create = self.sqs.create_queue().queue_name(unique());
        for (name, value) in attributes {
            create = create.attributes(name.clone(), *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    pub(super) async fn attribute(&self, queue: &str, name: Name) -> String {
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(name.clone());
        get.send().await.unwrap().attributes.unwrap().remove(&name).unwrap()
    }

    pub(super) async fn queue_arn(&self, queue: &str) -> String {
        self.attribute(queue, Name::QueueArn).await
    }

    /// Visible, in flight, delayed.
    pub(super) async fn counts_of(&self, queue: &str) -> [usize; 3] {
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(Name::All);
        let attributes = get.send().await.unwrap().attributes.unwrap();
        let names = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        names.map(|name| attributes[&name].parse().unwrap())
    }

    pub(super) async fn send_to(&self, queue: &str, body: &str) {
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    /// So many messages, waited for and taken away.
    pub(super) async fn messages(&self, queue: &str, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            let receive = self
                .sqs
                .receive_message()
                .queue_url(queue)
                .max_number_of_messages(10)
                .wait_time_seconds(10);
            let receive =
                receive.message_attribute_names("All").message_system_attribute_names(System::All);
            let more = receive.send().await.unwrap().messages.unwrap_or_default();
            assert!(
                !more.is_empty(),
                "{} messages came instead of {count}: {messages:?}",
                messages.len()
            );
            for message in more {
                let delete = self.sqs.delete_message().queue_url(queue);
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
                messages.push(message);
            }
        }
        messages
    }

    /// The bodies of so many messages, in alphabetical order.
    pub(super) async fn bodies(&self, queue: &str, count: usize) -> Vec<String> {
        let messages = self.messages(queue, count).await;
        let mut bodies: Vec<_> =
            messages.into_iter().map(|message| message.body.unwrap()).collect();
        bodies.sort_unstable();
        bodies
    }

    pub(super) async fn bucket(&self) -> String {
        let name = unique();
        self.s3.create_bucket().bucket(&name).send().await.unwrap();
        name
    }

    pub(super) async fn keep_versions(&self, bucket: &str) {
        let enabled =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let put = self.s3.put_bucket_versioning().bucket(bucket).versioning_configuration(enabled);
        put.send().await.unwrap();
    }

    /// An object; its version, where there are versions.
    pub(super) async fn object(&self, bucket: &str, key: &str, body: &str) -> Option<String> {
        let put =
            self.s3.put_object().bucket(bucket).key(key).body(body.as_bytes().to_vec().into());
        put.send().await.unwrap().version_id
    }

    pub(super) async fn topic(&self) -> String {
        self.sns.create_topic().name(unique()).send().await.unwrap().topic_arn.unwrap()
    }

    /// A new queue that listens to the topic, with these attributes of the subscription.
    pub(super) async fn listener(&self, topic: &str, attributes: &[(&str, &str)]) -> String {
        let queue = self.plain_queue().await;
        let arn = self.queue_arn(&queue).await;
        let mut subscribe = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
        for (name, value) in attributes {
            subscribe = subscribe.attributes(*name, *value);
        }
        subscribe.send().await.unwrap();
        queue
    }
}

/// A name that nothing else on the server has.
pub(super) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("conformance-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What a request was answered: `done`, or the error's status and code.
pub(super) fn outcome<T, E: ProvideErrorMetadata>(
    result: Result<T, SdkError<E, HttpResponse>>,
) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let code = error.code().unwrap_or("no code");
            // SQS prefixes some codes with the name that its older protocol had for it.
            let code = code.rsplit('.').next().unwrap_or(code);
            status.map_or_else(
                || format!("{code} without an answer"),
                |status| format!("{status} {code}"),
            )
        }
    }
}

/// Each once, if they are all the same: several requests that are to be answered alike.
pub(super) fn alike(seen: impl IntoIterator<Item = String>) -> String {
    let mut seen: Vec<_> = seen.into_iter().collect();
    if seen.windows(2).all(|pair| pair[0] == pair[1]) {
        seen.truncate(1);
    }
    seen.join(", ")
}

use super::{Consumer, Sink, secs};
use aws_config::SdkConfig;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use futures::StreamExt;
use local_aws::Backend;
use s3_sqs_processor::provision::{Provisioned, ProvisionedQueue};
use s3_sqs_processor::{Builder, Pipeline};
use tokio::sync::SemaphorePermit;

/// One test's own bucket, topic and queues, on the server that all share.
pub(crate) struct World {
    pub(crate) backend: &'static Backend,
    pub(crate) config: SdkConfig,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// What every name begins with.
    pub(crate) name: String,
    pub(crate) bucket: String,
    pub(crate) queues: Vec<ProvisionedQueue>,
    _turn: SemaphorePermit<'static>,
}

impl World {
    pub(super) fn new(
        turn: SemaphorePermit<'static>,
        backend: &'static Backend,
        config: SdkConfig,
        name: String,
        provisioned: Provisioned,
    ) -> Self {
        let (s3, sqs) = (Backend::s3(&config), Backend::sqs(&config));
        let Provisioned { bucket, queues, .. } = provisioned;
        Self { backend, s3, sqs, name, bucket: bucket.name, queues, config, _turn: turn }
    }

    /// The URL of the first queue.
    pub(crate) fn queue_url(&self) -> &str {
        &self.queues[0].url
    }

    /// The URL of its dead-letter queue.
    pub(crate) fn dead_letter_url(&self) -> &str {
        &self.queues[0].dead_letter_queue.url
    }

    /// A pipeline on the first queue, to which the test adds its processors.
    pub(crate) fn pipeline(&self) -> Builder {
        self.pipeline_of(self.queue_url())
    }

    /// Drains soon: a receive under way is waited for, and waits a second at the most.
    pub(crate) fn pipeline_of(&self, url: &str) -> Builder {
        Pipeline::builder()
            .queue_url(url)
            .aws_config(self.config.clone())
            .wait_time(secs(1))
            .decoder_threads(1)
    }

    /// A consumer of the first queue with one processor, `sink`.
    pub(crate) fn consume(&self, sink: &Sink) -> Consumer {
        Consumer::start(self.pipeline().processor("sink", sink.clone()))
    }

    /// Puts an object; gives its version, where there are versions.
    pub(crate) async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> Option<String> {
        let put = self.s3.put_object().bucket(&self.bucket).key(key).body(body.into().into());
        put.send().await.unwrap().version_id
    }

    /// Does it for each of these, several at a time.
    pub(crate) async fn side_by_side<I, T>(
        &self,
        each: impl IntoIterator<Item = I>,
        act: impl AsyncFn(I) -> T,
    ) -> Vec<T> {
        futures::stream::iter(each).map(|one| act(one)).buffer_unordered(16).collect().await
    }

    pub(crate) async fn delete(&self, key: &str) {
        self.s3.delete_object().bucket(&self.bucket).key(key).send().await.unwrap();
    }

    pub(crate) async fn keep_versions(&self) {
        let versioning =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = self
            .s3
            .put_bucket_versioning()
            .bucket(&self.bucket)
            .versioning_configuration(versioning);
        request.send().await.unwrap();
    }
}

/// A failed test shows what the library had to say about its things.
impl Drop for World {
    #[allow(clippy::print_stderr, reason = "the output of a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in super::logged(&[&self.name]) {
                eprintln!("{line}");
            }
        }
    }
}

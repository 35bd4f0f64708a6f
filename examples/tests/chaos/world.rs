//! A server, the proxy before it, and two services on one topic.

use crate::{
    files::{FileSpec, POISON},
    proxy::Proxy,
    settings::Settings,
};
use aws_sdk_sqs::types::{Message, QueueAttributeName as Name};
use local_aws::Backend;
use s3_sqs_processor::provision::Provision;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Far more than any consumer is given, so that faults send no healthy message to the dead-letter
/// queue.
const MAX_RECEIVES: u16 = 1_000;

pub(crate) struct World {
    pub(crate) proxy: Proxy,
    /// The first keeps all records; the second does too, and fails those with [`POISON`].
    pub(crate) services: [Service; 2],
    pub(crate) bucket: String,
    backend: Backend,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    folder: TempDir,
}

/// A queue, and the file that its consumers share.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// Leads through the proxy.
    pub(crate) queue_url: String,
    pub(crate) database: PathBuf,
    /// Its consumers fail records with this.
    pub(crate) fails: Option<&'static str>,
    dead_letters_url: String,
    dead_letters_arn: String,
}

/// What was written to the bucket.
pub(crate) struct Produced {
    pub(crate) key: String,
    pub(crate) etag: String,
    pub(crate) stored_bytes: u64,
    pub(crate) records: Vec<(u64, String)>,
    pub(crate) poison: bool,
}

impl World {
    pub(crate) async fn new(settings: &Settings) -> Self {
        let backend = Backend::start(settings.kind).await.unwrap_or_else(|error| panic!("{error}"));
        let config = backend.sdk_config().await;
        let target: SocketAddr =
            backend.endpoint_url().strip_prefix("http://").unwrap().parse().unwrap();
        let proxy = Proxy::start(target, settings.seed).await;
        let folder = tempfile::Builder::new().prefix("pipeline-chaos-").tempdir().unwrap();
        for name in ["sinks", "logs", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let provision = Provision::new("chaos")
            .queue("chaos-keeps")
            .queue("chaos-fails")
            .max_receives(MAX_RECEIVES);
        let provisioned =
            provision.visibility_timeout(settings.visibility).apply(&config).await.unwrap();
        let service = |number: usize, name, fails| {
            let queue = &provisioned.queues[number];
            Service {
                name,
                queue_url: queue.url.replace(backend.endpoint_url(), &proxy.url()),
                database: folder.path().join("sinks").join(format!("{name}.db")),
                fails,
                dead_letters_url: queue.dead_letter_queue.url.clone(),
                dead_letters_arn: queue.dead_letter_queue.arn.clone(),
            }
        };
        let services = [service(0, "keeps", None), service(1, "fails", Some(POISON))];
        for Service { queue_url, .. } in &services {
            assert!(
                queue_url.starts_with(&proxy.url()),
                "{queue_url} does not lead through {}",
                proxy.url()
            );
        }
        let (s3, sqs) = (Backend::s3(&config), Backend::sqs(&config));
        Self { proxy, services, bucket: provisioned.bucket.name.clone(), backend, s3, sqs, folder }
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// The consumers' working folder, and their folder for temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    pub(crate) fn sinks(&self) -> PathBuf {
        self.folder.path().join("sinks")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes these files, each at its time, not through the proxy.
    pub(crate) async fn produce(&self, files: &[FileSpec], start: Instant) -> Vec<Produced> {
        let mut produced = Vec::with_capacity(files.len());
        for spec in files {
            tokio::time::sleep_until((start + spec.at).into()).await;
            let file = spec.make();
            let stored_bytes = file.body.len() as u64;
            let put = self
                .s3
                .put_object()
                .bucket(&self.bucket)
                .key(&spec.key)
                .body(file.body.into())
                .send();
            let etag = put.await.unwrap().e_tag.unwrap();
            let (key, records, poison) = (spec.key.clone(), file.records, spec.poison);
            produced.push(Produced { key, etag, stored_bytes, records, poison });
        }
        produced
    }

    /// How many messages the service's queue has, hidden and delayed ones included.
    pub(crate) async fn backlog(&self, service: usize) -> u64 {
        self.count(&self.services[service].queue_url).await
    }

    /// How many messages its dead-letter queue has.
    pub(crate) async fn dead_lettered(&self, service: usize) -> u64 {
        self.count(&self.services[service].dead_letters_url).await
    }

    /// Not through the proxy: the client goes to its own endpoint, whatever the URL of a queue
    /// says.
    async fn count(&self, url: &str) -> u64 {
        let names = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self
            .sqs
            .get_queue_attributes()
            .queue_url(url)
            .set_attribute_names(Some(names.to_vec()));
        let attributes = request.send().await.unwrap().attributes.unwrap();
        names.iter().map(|name| attributes[name].parse::<u64>().unwrap()).sum()
    }

    /// From now on a message that is received again goes to the dead-letter queue.
    pub(crate) async fn give_up_on_what_fails(&self, service: usize) {
        let Service { queue_url, dead_letters_arn, .. } = &self.services[service];
        let policy =
            format!(r#"{{"deadLetterTargetArn":"{dead_letters_arn}","maxReceiveCount":"1"}}"#);
        let request = self.sqs.set_queue_attributes().queue_url(queue_url);
        request.attributes(Name::RedrivePolicy, policy).send().await.unwrap();
    }

    /// The bodies of so many messages that the dead-letter queue has.
    pub(crate) async fn dead_letters(&self, service: usize, count: usize) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(60);
        let mut bodies = Vec::new();
        while bodies.len() < count && Instant::now() < end {
            let receive =
                self.sqs.receive_message().queue_url(&self.services[service].dead_letters_url);
            let receive =
                receive.max_number_of_messages(10).wait_time_seconds(1).visibility_timeout(600);
            let messages: Vec<Message> = receive.send().await.unwrap().messages.unwrap_or_default();
            bodies.extend(messages.into_iter().map(|message| message.body.unwrap_or_default()));
        }
        bodies
    }

    /// Ends the server, and removes the folder.
    pub(crate) async fn end(self) {
        self.backend.stop().await;
        self.folder.close().unwrap();
    }

    /// Leaves the consumers' logs and what they wrote for whoever looks into it.
    pub(crate) fn keep_folder(&mut self) {
        self.folder.disable_cleanup(true);
    }
}

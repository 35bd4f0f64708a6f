use super::errors::map;
use crate::{
    port::{PortError, QuarantineStore},
    quarantine::{QuarantinedRecord, Replay},
};
use aws_sdk_s3::{Client, error::SdkError, primitives::ByteStream};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use std::{
    error::Error,
    time::{Duration, SystemTime},
};

type Failed = Box<dyn Error + Send + Sync>;

/// What the key of a file ends with.
const SUFFIX: &str = ".jsonl.gz";
/// Where files go whose records were sent once more, below the prefix.
const REPLAYED: &str = "replayed/";
/// A file has 8 MiB of payloads at most; what is larger than this is none.
const LARGEST: i64 = 64 << 20;

/// Puts records aside on S3, and shows and replays them. See
/// [`Builder::quarantine`](crate::Builder::quarantine).
///
/// Each file is gzip of JSON lines, one for each [`QuarantinedRecord`], under
/// `PREFIX/NAME.jsonl.gz`. The pipeline's credentials need `s3:PutObject` on the prefix. Who looks
/// at it needs `s3:GetObject`, and `s3:ListBucket` on the bucket; who replays, also
/// `s3:PutObject` and `s3:DeleteObject`, and `sqs:SendMessage` on the queue. Do not let the bucket
/// announce the prefix to the pipeline.
///
/// ```no_run
/// use s3_sqs_processor::{Pipeline, S3Quarantine};
///
/// # async fn example(
/// #     s3: aws_sdk_s3::Client, sqs: aws_sdk_sqs::Client,
/// # ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let quarantine = S3Quarantine::new(s3, "my-state", "orders/quarantine/");
/// let builder = Pipeline::builder().quarantine(quarantine.clone());
///
/// // Later, when the service is mended:
/// for file in quarantine.list().await? {
///     for record in quarantine.read(&file.name).await? {
///         println!("{} {}: {}", record.id, record.processor, record.error);
///     }
///     quarantine.replay(&file.name, &sqs, None).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct S3Quarantine {
    client: Client,
    bucket: String,
    prefix: String,
}

/// A file of an [`S3Quarantine`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuarantineFile {
    /// Its name, to read and replay it by.
    pub name: String,
    /// When it was stored, by S3's clock.
    pub stored: SystemTime,
    /// Its size in bytes, compressed.
    pub size: u64,
}

impl S3Quarantine {
    /// In this bucket, under keys that begin with `prefix` (put a `/` at its end). Nothing is sent
    /// yet.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into(), prefix: prefix.into() }
    }

    /// The files that were not replayed yet, by name.
    ///
    /// # Errors
    /// Anything that keeps the bucket from being listed.
    pub async fn list(&self) -> Result<Vec<QuarantineFile>, Failed> {
        let mut files = Vec::new();
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
        let mut pages = request.delimiter("/").into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failed("listing", &self.prefix, error))?;
            for object in page.contents() {
                let name = object.key().and_then(|key| key.strip_prefix(&self.prefix));
                let Some(name) = name.and_then(|name| name.strip_suffix(SUFFIX)) else { continue };
                let stored = object.last_modified().map_or(0, |time| time.secs());
                files.push(QuarantineFile {
                    name: name.to_owned(),
                    stored: SystemTime::UNIX_EPOCH
                        + Duration::from_secs(stored.try_into().unwrap_or(0)),
                    size: object.size().and_then(|size| size.try_into().ok()).unwrap_or(0),
                });
            }
        }
        Ok(files)
    }

    /// The records in one file.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be read.
    pub async fn read(&self, name: &str) -> Result<Vec<QuarantinedRecord>, Failed> {
        self.records(name, &self.get(name).await?)
    }

    fn records(&self, name: &str, file: &Bytes) -> Result<Vec<QuarantinedRecord>, Failed> {
        QuarantinedRecord::read_file(file).map_err(|error| {
            format!("{}: it is no quarantine file: {error}", self.url(name)).into()
        })
    }

    /// Sends the messages that have the records of one file processed once more, to the queue that
    /// they came from or to `queue_url`. Then the file is kept below `replayed/`, so that it is not
    /// listed again and nothing of it is lost. What was sent.
    ///
    /// A file that was sent and could not be moved is listed again; its records may then come
    /// twice, with the same ids.
    ///
    /// # Errors
    /// Whatever keeps it from being read, sent, or moved.
    pub async fn replay(
        &self,
        name: &str,
        queue: &aws_sdk_sqs::Client,
        queue_url: Option<&str>,
    ) -> Result<Vec<Replay>, Failed> {
        let file = self.get(name).await?;
        let mut replays = QuarantinedRecord::replays(&self.records(name, &file)?);
        for replay in &mut replays {
            if let Some(url) = queue_url {
                url.clone_into(&mut replay.queue_url);
            }
            let send = queue.send_message().queue_url(&replay.queue_url);
            let sent = send.message_body(&replay.body).send().await;
            sent.map_err(|error| {
                let what = format!("sending to {}", replay.queue_url);
                self.error(name, &map(&what, error))
            })?;
        }
        self.store(&format!("{REPLAYED}{name}"), file).await?;
        let delete = self.client.delete_object().bucket(&self.bucket).key(self.key(name));
        delete.send().await.map_err(|error| self.failed("deleting", name, error))?;
        Ok(replays)
    }

    async fn get(&self, name: &str) -> Result<Bytes, Failed> {
        let get = self.client.get_object().bucket(&self.bucket).key(self.key(name));
        let found = get.send().await.map_err(|error| self.failed("reading", name, error))?;
        if found.content_length().is_none_or(|length| length > LARGEST) {
            return Err(format!("{}: it is too large for a quarantine file", self.url(name)).into());
        }
        Ok(found.body.collect().await?.into_bytes())
    }

    async fn store(&self, name: &str, file: Bytes) -> Result<(), Failed> {
        let put = self.client.put_object().bucket(&self.bucket).key(self.key(name));
        let put = put.content_type("application/gzip").body(ByteStream::from(file));
        put.send().await.map(drop).map_err(|error| self.failed("storing", name, error))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}{SUFFIX}", self.prefix)
    }

    fn url(&self, name: &str) -> String {
        format!("s3://{}/{}", self.bucket, self.key(name))
    }

    fn failed<E>(&self, doing: &str, name: &str, error: SdkError<E, HttpResponse>) -> Failed
    where
        E: Error + aws_sdk_s3::error::ProvideErrorMetadata + Send + Sync + 'static,
    {
        self.error(name, &map(doing, error))
    }

    fn error(&self, name: &str, error: &PortError) -> Failed {
        format!("{}: {error}", self.url(name)).into()
    }
}

impl QuarantineStore for S3Quarantine {
    async fn put(&self, name: &str, file: Bytes) -> Result<(), Failed> {
        self.store(name, file).await
    }
}

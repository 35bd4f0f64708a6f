use super::errors::map;
use crate::port::{PortError, PortErrorKind, ProgressError, ProgressStore, ProgressTag};
use aws_sdk_s3::{Client, error::ProvideErrorMetadata, primitives::ByteStream};
use bytes::Bytes;

/// A set of four thousand million records that alternate takes 0.5 GiB; of those that are real, a
/// few kilobytes. What is larger than this is none.
const LARGEST: u64 = 64 << 20;

/// Keeps progress as small objects on S3, so that it outlives the process: whoever gets the message
/// next does the rest only. See [`Builder::progress`](crate::Builder::progress).
///
/// It uses conditional writes, so it needs a store that has them (Amazon S3 has). The credentials
/// need `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on the prefix, and `s3:ListBucket` on
/// the bucket, without which S3 answers 403 instead of 404 where nothing is stored.
///
/// Objects are deleted with their messages. Those of messages that went to a dead-letter queue, or
/// whose consumer died at the end, stay: let a lifecycle rule expire what is older than the queue's
/// retention. Do not let the bucket announce the prefix to the pipeline.
///
/// ```no_run
/// use s3_sqs_processor::{Pipeline, S3Progress};
///
/// # async fn example(config: &aws_config::SdkConfig) {
/// let client = aws_sdk_s3::Client::new(config);
/// let progress = S3Progress::new(client, "my-state", "orders/progress/");
/// let builder = Pipeline::builder().progress(progress);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct S3Progress {
    client: Client,
    bucket: String,
    prefix: String,
}

impl S3Progress {
    /// In this bucket, under keys that begin with `prefix` (put a `/` at its end). Nothing is sent
    /// yet.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into(), prefix: prefix.into() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn error(&self, name: &str, error: &PortError) -> ProgressError {
        ProgressError::failed(format!("s3://{}/{}: {error}", self.bucket, self.key(name)))
    }
}

impl ProgressStore for S3Progress {
    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, ProgressError> {
        let request = self.client.get_object().bucket(&self.bucket).key(self.key(name));
        let found = match request.send().await.map_err(|error| map("reading progress", error)) {
            Ok(found) => found,
            Err(error) if error.kind == PortErrorKind::Gone && error.is_of_key() => {
                return Ok(None);
            }
            Err(error) => return Err(self.error(name, &error)),
        };
        if found.content_length().is_none_or(|length| length as u64 > LARGEST) {
            let text = format!("s3://{}/{}: it is no progress", self.bucket, self.key(name));
            return Err(ProgressError::failed(text));
        }
        let tag = ProgressTag::new(found.e_tag().unwrap_or_default());
        let bytes = found.body.collect().await.map_err(ProgressError::failed)?.into_bytes();
        Ok(Some((bytes, tag)))
    }

    async fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, ProgressError> {
        let request = self.client.put_object().bucket(&self.bucket).key(self.key(name));
        let request = match replaces {
            None => request.if_none_match("*"),
            Some(tag) => request.if_match(tag.as_str()),
        };
        match request.body(ByteStream::from(bytes)).send().await {
            Ok(stored) => Ok(ProgressTag::new(stored.e_tag().unwrap_or_default())),
            Err(error) => {
                // Two at once; or what was to be replaced is there no more.
                let is_conflict = matches!(
                    error.code(),
                    Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")
                );
                let error = map("saving progress", error);
                match is_conflict || error.kind == PortErrorKind::Changed {
                    true => Err(ProgressError::conflict()),
                    false => Err(self.error(name, &error)),
                }
            }
        }
    }

    async fn delete(&self, name: &str) -> Result<(), ProgressError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.key(name));
        let deleted = request.send().await.map_err(|error| map("deleting progress", error));
        deleted.map(drop).map_err(|error| self.error(name, &error))
    }
}

use super::{checksum::Verifier, errors::map, regions::Regions};
use crate::{
    config::Trust,
    port::{Body, Checksum, GetObject, PortError, PortErrorKind, Store, StoredObject, WasRead},
    record::Description,
};
use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::get_object::{GetObjectError, GetObjectOutput},
    primitives::ByteStream,
    types::{RequestPayer, Tag, Tagging},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::time::SystemTime;

/// S3.
#[derive(Debug)]
pub(crate) struct S3Store {
    regions: Regions,
    reads: Reads,
    trust: Trust,
}

/// Where objects are read at first; S3's own word counts in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// In the region where their announcements say that their bucket is.
    WhereAnnounced,
    /// Where the client sends its requests: an endpoint is set, or perhaps is.
    Here,
}

impl S3Store {
    pub(crate) fn new(client: Client, reads: Reads, trust: Trust) -> Self {
        Self { regions: Regions::new(client), reads, trust }
    }

    async fn ask(
        &self,
        client: &Client,
        get: GetObject<'_>,
    ) -> Result<GetObjectOutput, SdkError<GetObjectError, HttpResponse>> {
        let request = client.get_object().bucket(get.bucket).key(get.key);
        request
            .set_expected_bucket_owner(self.trust.owner_of(get.bucket).map(str::to_owned))
            .set_request_payer(self.payer())
            .set_version_id(get.version_id.map(str::to_owned))
            .set_if_match(get.if_match.map(|etag| format!("\"{etag}\"")))
            .set_range((get.from > 0).then(|| format!("bytes={}-", get.from)))
            .send()
            .await
    }

    async fn open(&self, get: GetObject<'_>) -> Result<StoredObject, PortError> {
        let announced = get.region.filter(|_| self.reads == Reads::WhereAnnounced);
        let client = self.regions.client(get.bucket, announced);
        let answer = match self.ask(&client, get).await {
            Err(error) => match self.regions.corrected(get.bucket, &client, &error) {
                Some(client) => self.ask(&client, get).await,
                None => Err(error),
            },
            answer => answer,
        };
        let answer = answer.map_err(|error| map("reading the object", error))?;
        if get.from > 0 && !begins_at(answer.content_range(), get.from) {
            let message = format!(
                "reading the object: asked for bytes from {}, got another answer",
                get.from
            );
            return Err(PortError::new(PortErrorKind::Fatal, message));
        }
        // What S3 says of a part is of no use.
        let verifier = if get.from == 0 { Verifier::of(&answer) } else { None };
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        Ok(StoredObject {
            etag: answer.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
            version_id: answer.version_id().map(str::to_owned),
            size: length.map(|length| length + get.from),
            description: Description {
                content_type: answer.content_type,
                last_modified: answer.last_modified.and_then(|at| SystemTime::try_from(at).ok()),
                metadata: answer.metadata.unwrap_or_default().into_iter().collect(),
            },
            checksum: verifier.map(|verifier| Box::new(verifier) as Box<dyn Checksum>),
            body: Box::new(S3Body { stream: answer.body, read: get.from }),
        })
    }
}

/// Whether an answer holds what was asked for. A store that ignores ranges would start anew, and
/// records would double.
fn begins_at(content_range: Option<&str>, from: u64) -> bool {
    let range = content_range.and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.parse().ok()) == Some(from)
}

impl S3Store {
    /// The client for an object that was read: where its bucket is was found out then.
    fn client_of(&self, object: &WasRead<'_>) -> Client {
        let announced = object.region.filter(|_| self.reads == Reads::WhereAnnounced);
        self.regions.client(object.bucket, announced)
    }

    fn payer(&self) -> Option<RequestPayer> {
        self.trust.requester_pays.then_some(RequestPayer::Requester)
    }

    async fn remove(&self, object: WasRead<'_>) -> Result<(), PortError> {
        let WasRead { bucket, key, version_id, etag, .. } = object;
        let request = self.client_of(&object).delete_object().bucket(bucket).key(key);
        let request = request
            .set_expected_bucket_owner(self.trust.owner_of(bucket).map(str::to_owned))
            .set_request_payer(self.payer());
        let request = match version_id {
            Some(version) => request.version_id(version),
            None => request.if_match(format!("\"{etag}\"")),
        };
        request.send().await.map(drop).map_err(|error| map("deleting the object", error))
    }

    /// A request that sets tags replaces all that there are.
    async fn add_tag(&self, object: WasRead<'_>, key: &str, value: &str) -> Result<(), PortError> {
        let WasRead { bucket, key: name, version_id, .. } = object;
        let (client, version) = (self.client_of(&object), version_id.map(str::to_owned));
        let owner = self.trust.owner_of(bucket).map(str::to_owned);
        let get = client.get_object_tagging().bucket(bucket).key(name);
        let get = get
            .set_version_id(version.clone())
            .set_expected_bucket_owner(owner.clone())
            .set_request_payer(self.payer());
        let found = get.send().await.map_err(|error| map("reading the object's tags", error))?;
        let others = found.tag_set.into_iter().filter(|tag| tag.key != key);
        let invalid = |error: aws_sdk_s3::error::BuildError| {
            PortError::new(PortErrorKind::Fatal, format!("tagging the object: {error}"))
        };
        let tag = Tag::builder().key(key).value(value).build().map_err(invalid)?;
        let all = Tagging::builder().set_tag_set(Some(others.chain([tag]).collect()));
        let put = client.put_object_tagging().bucket(bucket).key(name);
        let put = put
            .set_version_id(version)
            .set_expected_bucket_owner(owner)
            .set_request_payer(self.payer())
            .tagging(all.build().map_err(invalid)?);
        put.send().await.map(drop).map_err(|error| map("tagging the object", error))
    }
}

impl Store for S3Store {
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>> {
        Box::pin(self.open(get))
    }

    fn delete<'a>(&'a self, object: WasRead<'a>) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(self.remove(object))
    }

    fn tag<'a>(
        &'a self,
        object: WasRead<'a>,
        key: &'a str,
        value: &'a str,
    ) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(self.add_tag(object, key, value))
    }
}

struct S3Body {
    stream: ByteStream,
    read: u64,
}

impl S3Body {
    async fn read_next(&mut self) -> Result<Option<Bytes>, PortError> {
        match self.stream.next().await {
            Some(Ok(bytes)) => {
                self.read += bytes.len() as u64;
                Ok(Some(bytes))
            }
            Some(Err(error)) => {
                let message = format!("the connection broke at byte {}: {error}", self.read);
                Err(PortError {
                    source: Some(Box::new(error)),
                    ..PortError::new(PortErrorKind::Transient, message)
                })
            }
            None => Ok(None),
        }
    }
}

impl Body for S3Body {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
        Box::pin(self.read_next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_13_an_answer_without_the_range_asked_for_is_no_resumption() {
        assert!(begins_at(Some("bytes 100-199/200"), 100));
        for other in [None, Some("bytes 0-199/200"), Some("bytes */200"), Some("")] {
            assert!(!begins_at(other, 100), "{other:?}");
        }
    }
}

use super::{checksum::Verifier, errors::map};
use crate::port::{Body, GetObject, PortError, PortErrorKind, Store, StoredObject};
use aws_sdk_s3::{Client, primitives::ByteStream};
use bytes::Bytes;
use futures::future::BoxFuture;

/// S3.
#[derive(Debug)]
pub(crate) struct S3Store {
    client: Client,
    /// The account that the bucket has to belong to.
    owner: Option<String>,
}

impl S3Store {
    pub(crate) fn new(client: Client, owner: Option<String>) -> Self {
        Self { client, owner }
    }

    async fn open(&self, get: GetObject<'_>) -> Result<StoredObject, PortError> {
        let request = self.client.get_object().bucket(get.bucket).key(get.key);
        let answer = request
            .set_expected_bucket_owner(self.owner.clone())
            .set_version_id(get.version_id.map(str::to_owned))
            .set_if_match(get.if_match.map(|etag| format!("\"{etag}\"")))
            .set_range((get.from > 0).then(|| format!("bytes={}-", get.from)))
            .send()
            .await
            .map_err(|error| map("reading the object", error))?;
        if get.from > 0 && !begins_at(answer.content_range(), get.from) {
            let message = format!(
                "reading the object: asked for bytes from {}, got another answer",
                get.from
            );
            return Err(PortError::new(PortErrorKind::Fatal, message));
        }
        // The checksum is of the object as a whole.
        let verifier = if get.from == 0 { Verifier::of(&answer) } else { None };
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let size = length.map(|length| length + get.from);
        Ok(StoredObject {
            etag: answer.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
            version_id: answer.version_id().map(str::to_owned),
            size,
            body: Box::new(S3Body { stream: answer.body, size, read: get.from, verifier }),
        })
    }
}

/// Whether an answer holds what was asked for. A store that ignores ranges would start anew, and
/// records would double.
fn begins_at(content_range: Option<&str>, from: u64) -> bool {
    let range = content_range.and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.parse().ok()) == Some(from)
}

impl Store for S3Store {
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>> {
        Box::pin(self.open(get))
    }
}

struct S3Body {
    stream: ByteStream,
    size: Option<u64>,
    read: u64,
    verifier: Option<Verifier>,
}

impl S3Body {
    async fn read_next(&mut self) -> Result<Option<Bytes>, PortError> {
        match self.stream.next().await {
            Some(Ok(bytes)) => {
                self.read += bytes.len() as u64;
                if let Some(verifier) = &mut self.verifier {
                    verifier.update(&bytes);
                }
                Ok(Some(bytes))
            }
            Some(Err(error)) => {
                let message = format!("the connection broke at byte {}: {error}", self.read);
                Err(PortError {
                    source: Some(Box::new(error)),
                    ..PortError::new(PortErrorKind::Transient, message)
                })
            }
            None => self.verify().map(|()| None),
        }
    }

    /// A body that ends early is not an error to every layer below.
    fn verify(&mut self) -> Result<(), PortError> {
        if let Some(size) = self.size.filter(|size| *size != self.read) {
            let message = format!("the body ended at byte {} of {size}", self.read);
            return Err(PortError::new(PortErrorKind::Transient, message));
        }
        let verdict = self.verifier.take().map_or(Ok(()), Verifier::finish);
        verdict.map_err(|wrong| {
            PortError::new(PortErrorKind::Fatal, format!("the body is not what S3 holds: {wrong}"))
        })
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

    async fn read_all(stream: &'static [u8], read: u64, size: u64) -> Result<(), PortError> {
        let stream = ByteStream::from_static(stream);
        let mut body = S3Body { stream, size: Some(size), read, verifier: None };
        while body.read_next().await?.is_some() {}
        Ok(())
    }

    #[tokio::test]
    async fn trap_12_a_body_of_another_length_is_an_error_though_its_connection_ended_well() {
        for (read, size) in [(0, 4), (0, 2), (7, 11)] {
            let error = read_all(b"abc", read, size).await.expect_err("of another length");
            assert_eq!(error.kind, PortErrorKind::Transient);
            assert!(error.to_string().contains(&format!("of {size}")), "{error}");
        }
        assert!(read_all(b"abc", 0, 3).await.is_ok());
        assert!(read_all(b"abc", 7, 10).await.is_ok(), "resumed");
    }

    #[test]
    fn trap_13_an_answer_without_the_range_asked_for_is_no_resumption() {
        assert!(begins_at(Some("bytes 100-199/200"), 100));
        for other in [None, Some("bytes 0-199/200"), Some("bytes */200"), Some("")] {
            assert!(!begins_at(other, 100), "{other:?}");
        }
    }
}

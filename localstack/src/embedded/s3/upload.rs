//! Reading the body of an upload, and checking that it is what the client meant to send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use hyper::HeaderMap;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumType, StreamingBlob};
use s3s::{S3Result, TrailingHeaders, s3_error};

use super::checksum::Algorithm;

/// Larger uploads than AWS takes in one request are refused.
const LIMIT: i64 = 5 << 30;

/// What came, and what it was said to be.
pub(super) struct Incoming<'a> {
    pub(super) body: Option<StreamingBlob>,
    pub(super) length: Option<i64>,
    pub(super) md5: Option<String>,
    pub(super) given: Checksum,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) headers: &'a HeaderMap,
    pub(super) trailer: Option<TrailingHeaders>,
}

/// A body that was read whole and verified.
pub(super) struct Verified {
    pub(super) body: Bytes,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Incoming<'_> {
    /// Every upload gets a full-object checksum: of the kind the client chose, else CRC64NVME.
    pub(super) async fn read(self) -> S3Result<Verified> {
        let length = self.length.unwrap_or(0);
        if length > LIMIT {
            return Err(s3_error!(
                EntityTooLarge,
                "Your proposed upload exceeds the maximum allowed size"
            ));
        }
        let algorithm = self.algorithm.unwrap_or(Algorithm::Crc64Nvme);
        let (mut hasher, mut md5) = (algorithm.hasher(), Md5::new());
        let mut body = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
        if let Some(mut stream) = self.body {
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|_| {
                    s3_error!(IncompleteBody, "The body ended early or was malformed")
                })?;
                hasher.update(&chunk);
                md5.update(&chunk);
                body.extend_from_slice(&chunk);
            }
        }
        if self.length.is_some_and(|length| usize::try_from(length) != Ok(body.len())) {
            let message = "You did not provide the number of bytes specified by the \
                           Content-Length HTTP header";
            return Err(s3_error!(IncompleteBody, "{message}"));
        }
        let md5 = md5.finalize();
        if let Some(expected) = self.md5 {
            let expected = STANDARD.decode(expected).ok().filter(|raw| raw.len() == 16);
            let expected = expected.ok_or_else(|| {
                s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")
            })?;
            if expected != md5 {
                let message = "The Content-MD5 you specified did not match what we received.";
                return Err(s3_error!(BadDigest, "{message}"));
            }
        }
        let mut checksum = hasher.finalize();
        let trailer = self.trailer.and_then(|trailer| trailer.take());
        algorithm.verify(&checksum, &self.given, trailer.as_ref().or(Some(self.headers)))?;
        checksum.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        Ok(Verified { body: body.freeze(), md5, checksum })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

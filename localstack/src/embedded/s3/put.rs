//! `PutObject`.

use std::sync::Arc;

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result};

use super::Store;
use super::bucket::{Object, headers_of};
use super::checksum::{self, Algorithm};
use super::notify::Happened;
use super::upload::{Incoming, hex};

impl Store {
    pub(super) async fn put(&self, req: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
        let mut input = req.input;
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let headers = headers_of!(input);
        headers.check()?;
        let given = checksum::given!(input);
        let name = input.checksum_algorithm.as_ref().map(|name| name.as_str());
        let incoming = Incoming {
            algorithm: Algorithm::announced(&given, &req.headers, name),
            body: input.body.take(),
            length: input.content_length,
            md5: input.content_md5.take(),
            given,
            headers: &req.headers,
            trailer: req.trailing_headers,
        };
        let verified = incoming.read().await?;
        let object = Arc::new(Object {
            body: verified.body,
            etag: hex(&verified.md5),
            checksum: verified.checksum,
            headers,
        });
        let now = self.shared.clock.wall();
        let version = {
            let mut state = self.state();
            let bucket = state.bucket(&input.bucket)?;
            bucket.check_write(
                &input.key,
                input.if_match.as_ref(),
                input.if_none_match.as_ref(),
            )?;
            let id =
                bucket.store(&input.key, Some(Arc::clone(&object)), now, self.shared.ids.version());
            bucket.shown(&id)
        };
        self.tell(
            &input.bucket,
            &input.key,
            &Happened::created("Put", &object, version.as_deref()),
        );
        let mut output = PutObjectOutput {
            e_tag: object.quoted_etag(),
            version_id: version,
            checksum_type: object.checksum.checksum_type.clone(),
            ..Default::default()
        };
        checksum::show!(output, object.checksum.clone());
        Ok(output)
    }
}

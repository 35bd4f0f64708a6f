//! `CopyObject`.

use std::sync::Arc;

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, MetadataDirective, Timestamp,
};
use s3s::{S3Result, s3_error};

use super::Store;
use super::bucket::{Object, failed_precondition, headers_of};
use super::checksum::{self, Algorithm};
use super::notify::Happened;
use super::upload::hex;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::ChecksumType;

impl Store {
    pub(super) fn copy(&self, mut input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        let CopySource::Bucket { bucket, key, version_id } = &input.copy_source else {
            return Err(s3_error!(
                NotImplemented,
                "Access points are not part of the embedded AWS"
            ));
        };
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        self.check_bucket(bucket, input.expected_source_bucket_owner.as_deref())?;
        let (source, source_version) = {
            let mut state = self.state();
            let from = state.bucket(bucket)?;
            let (version, object) = from.find(key, version_id.as_deref())?;
            (Arc::clone(object), from.shown(&version.id))
        };
        if let Some(wanted) = &input.copy_source_if_match {
            source.check_match(wanted)?;
        }
        if input.copy_source_if_none_match.as_ref().is_some_and(|unwanted| source.meets(unwanted)) {
            return Err(failed_precondition());
        }
        let replace = input
            .metadata_directive
            .as_ref()
            .is_some_and(|how| how.as_str() == MetadataDirective::REPLACE);
        if !replace && **bucket == *input.bucket && **key == *input.key && version_id.is_none() {
            let message = "This copy request is illegal because it is trying to copy an object to \
                           itself without changing the object's metadata";
            return Err(s3_error!(InvalidRequest, "{message}"));
        }
        let headers = if replace { headers_of!(input) } else { source.headers.clone() };
        headers.check()?;
        let algorithm =
            input.checksum_algorithm.as_ref().and_then(|name| Algorithm::named(name.as_str()));
        let mut hasher = algorithm.unwrap_or(Algorithm::Crc64Nvme).hasher();
        hasher.update(&source.body);
        let mut sums = hasher.finalize();
        sums.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        let object = Arc::new(Object {
            body: source.body.clone(),
            // Of one piece, whatever the source was made of.
            etag: hex(&Md5::checksum(&source.body)),
            checksum: sums,
            headers,
        });
        let now = self.shared.clock.wall();
        let version = {
            let mut state = self.state();
            let to = state.bucket(&input.bucket)?;
            let id =
                to.store(&input.key, Some(Arc::clone(&object)), now, self.shared.ids.version());
            to.shown(&id)
        };
        self.tell(
            &input.bucket,
            &input.key,
            &Happened::created("Copy", &object, version.as_deref()),
        );
        let mut result = CopyObjectResult {
            e_tag: object.quoted_etag(),
            last_modified: Some(Timestamp::from(now)),
            checksum_type: object.checksum.checksum_type.clone(),
            ..Default::default()
        };
        checksum::show!(result, object.checksum.clone());
        Ok(CopyObjectOutput {
            copy_object_result: Some(result),
            copy_source_version_id: source_version,
            version_id: version,
            ..Default::default()
        })
    }
}

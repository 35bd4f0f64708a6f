//! Uploads in parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::Store;
use super::bucket::headers_of;
use super::checksum::{self, Algorithm};
use super::notify::Happened;
use super::parts::{Part, Upload, checksum_type};
use super::upload::{Incoming, Verified, hex};

impl Store {
    pub(super) fn create_upload(
        &self,
        mut input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let algorithm =
            input.checksum_algorithm.as_ref().and_then(|name| Algorithm::named(name.as_str()));
        let kind = input.checksum_type.as_ref().map(ChecksumType::as_str);
        let composite = kind != Some(ChecksumType::FULL_OBJECT)
            && !matches!(algorithm, None | Some(Algorithm::Crc64Nvme));
        let headers = headers_of!(input);
        headers.check()?;
        let upload = Upload {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            headers,
            algorithm,
            composite,
            parts: BTreeMap::new(),
        };
        let id = self.shared.ids.version();
        self.state().uploads.insert(id.clone(), upload);
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: algorithm
                .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
            checksum_type: algorithm.map(|_| checksum_type(composite)),
            ..Default::default()
        })
    }

    pub(super) async fn put_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<UploadPartOutput> {
        let mut input = req.input;
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let wanted = self.state().upload(&input.upload_id, &input.bucket, &input.key)?.algorithm;
        if !(1..=10_000).contains(&input.part_number) {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            return Err(s3_error!(InvalidArgument, "{message}"));
        }
        let given = checksum::given!(input);
        let name = input.checksum_algorithm.as_ref().map(|name| name.as_str());
        let announced = Algorithm::announced(&given, &req.headers, name);
        if let (Some(wanted), Some(announced)) = (wanted, announced)
            && wanted != announced
        {
            let message = "Checksum Type mismatch occurred, expected checksum Type";
            return Err(s3_error!(
                InvalidRequest,
                "{message}: {}, actual: {}",
                wanted.name(),
                announced.name()
            ));
        }
        let incoming = Incoming {
            algorithm: announced.or(wanted),
            body: input.body.take(),
            length: input.content_length,
            md5: input.content_md5.take(),
            given,
            headers: &req.headers,
            trailer: req.trailing_headers,
        };
        let Verified { body, md5, checksum } = incoming.read().await?;
        let mut output =
            UploadPartOutput { e_tag: Some(ETag::Strong(hex(&md5))), ..Default::default() };
        checksum::show!(output, checksum.clone());
        let mut state = self.state();
        let upload = state.upload(&input.upload_id, &input.bucket, &input.key)?;
        upload.parts.insert(input.part_number, Part { body, md5, checksum });
        Ok(output)
    }

    pub(super) fn complete_upload(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let now = self.shared.clock.wall();
        let mut state = self.state();
        let object =
            Arc::new(state.upload(&input.upload_id, &input.bucket, &input.key)?.assemble(&input)?);
        let bucket = state.bucket(&input.bucket)?;
        bucket.check_write(&input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let id =
            bucket.store(&input.key, Some(Arc::clone(&object)), now, self.shared.ids.version());
        let version = bucket.shown(&id);
        state.uploads.remove(&input.upload_id);
        drop(state);
        let event = Happened::created("CompleteMultipartUpload", &object, version.as_deref());
        self.tell(&input.bucket, &input.key, &event);
        let mut output = CompleteMultipartUploadOutput {
            location: Some(format!("{}/{}/{}", self.shared.endpoint, input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: object.quoted_etag(),
            version_id: version,
            checksum_type: object.checksum.checksum_type.clone(),
            ..Default::default()
        };
        checksum::show!(output, object.checksum.clone());
        Ok(output)
    }

    pub(super) fn abort_upload(
        &self,
        input: &AbortMultipartUploadInput,
    ) -> S3Result<AbortMultipartUploadOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let mut state = self.state();
        state.upload(&input.upload_id, &input.bucket, &input.key)?;
        state.uploads.remove(&input.upload_id);
        Ok(AbortMultipartUploadOutput::default())
    }
}

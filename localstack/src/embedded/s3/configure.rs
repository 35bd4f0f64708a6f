//! Buckets themselves: making, listing, removing, versioning.

use s3s::dto::{
    Bucket as Listed, BucketVersioningStatus, CreateBucketInput, CreateBucketOutput,
    DeleteBucketOutput, GetBucketVersioningOutput, ListBucketsOutput, Owner,
    PutBucketVersioningInput, PutBucketVersioningOutput, Timestamp,
};
use s3s::{S3Result, s3_error};

use super::Store;
use super::bucket::{Bucket, Versioning};
use crate::embedded::ids;

impl Store {
    /// In us-east-1 making one's own bucket again is no error.
    pub(super) fn create(&self, input: &CreateBucketInput) -> S3Result<CreateBucketOutput> {
        let now = self.shared.clock.wall();
        let mut state = self.state();
        state.buckets.entry(input.bucket.clone()).or_insert_with(|| Bucket::new(now));
        Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
    }

    pub(super) fn remove_bucket(&self, name: &str) -> S3Result<DeleteBucketOutput> {
        let mut state = self.state();
        if !state.bucket(name)?.keys.is_empty() {
            return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
        }
        state.buckets.remove(name);
        state.uploads.retain(|_, upload| upload.bucket != name);
        Ok(DeleteBucketOutput::default())
    }

    pub(super) fn list_all(&self) -> ListBucketsOutput {
        let state = self.state();
        let buckets = state.buckets.iter().map(|(name, bucket)| Listed {
            name: Some(name.clone()),
            creation_date: Some(Timestamp::from(bucket.created)),
            ..Default::default()
        });
        ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(Owner { id: Some(ids::ACCOUNT.to_owned()), ..Default::default() }),
            ..Default::default()
        }
    }

    pub(super) fn set_versioning(
        &self,
        input: &PutBucketVersioningInput,
    ) -> S3Result<PutBucketVersioningOutput> {
        let status =
            input.versioning_configuration.status.as_ref().map(BucketVersioningStatus::as_str);
        let versioning = match status {
            Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
            Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
            _ => {
                return Err(s3_error!(
                    IllegalVersioningConfigurationException,
                    "The versioning status is missing"
                ));
            }
        };
        self.state().bucket(&input.bucket)?.versioning = versioning;
        Ok(PutBucketVersioningOutput::default())
    }

    pub(super) fn versioning(&self, name: &str) -> S3Result<GetBucketVersioningOutput> {
        let status = match self.state().bucket(name)?.versioning {
            Versioning::Never => None,
            Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
            Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
        };
        Ok(GetBucketVersioningOutput {
            status: status.map(BucketVersioningStatus::from_static),
            ..Default::default()
        })
    }
}

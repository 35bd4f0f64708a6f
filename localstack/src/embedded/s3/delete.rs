//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
};
use s3s::{S3Result, s3_error};

use super::Store;
use super::bucket::{NULL, Versioning, check_version};
use super::notify::Happened;

/// Most keys of one `DeleteObjects`.
const MOST: usize = 1000;

/// What a delete did.
#[derive(Debug, Default)]
struct Done {
    /// Whether a delete marker was made or removed.
    marker: bool,
    version: Option<String>,
}

impl Store {
    pub(super) fn delete(&self, input: &DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        if let Some(wanted) = &input.if_match {
            self.state().bucket(&input.bucket)?.check_write(&input.key, Some(wanted), None)?;
        }
        let done = self.delete_one(&input.bucket, &input.key, input.version_id.as_deref())?;
        Ok(DeleteObjectOutput {
            delete_marker: done.marker.then_some(true),
            version_id: done.version,
            ..Default::default()
        })
    }

    pub(super) fn delete_many(&self, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        if input.delete.objects.is_empty() || input.delete.objects.len() > MOST {
            let message = "The XML you provided was not well-formed or did not validate against \
                           our published schema";
            return Err(s3_error!(MalformedXML, "{message}"));
        }
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            let done = self.delete_one(&input.bucket, &object.key, object.version_id.as_deref())?;
            deleted.push(DeletedObject {
                delete_marker: done.marker.then_some(true),
                delete_marker_version_id: done.version.filter(|_| done.marker),
                key: Some(object.key),
                version_id: object.version_id,
            });
        }
        let quiet = input.delete.quiet.unwrap_or(false);
        Ok(DeleteObjectsOutput { deleted: (!quiet).then_some(deleted), ..Default::default() })
    }

    /// A key that does not exist is deleted with success, as often as asked.
    fn delete_one(&self, bucket_name: &str, key: &str, version: Option<&str>) -> S3Result<Done> {
        let mut state = self.state();
        let bucket = state.bucket(bucket_name)?;
        let (done, event) = match version {
            Some(id) => {
                check_version(id)?;
                let removed = bucket.remove(key, id);
                let marker = removed.as_ref().is_some_and(|version| version.object.is_none());
                let version = bucket.shown(id);
                let event = removed.map(|_| Happened::removed("Delete", version.as_deref()));
                (Done { marker, version }, event)
            }
            None if bucket.versioning == Versioning::Never => {
                let removed = bucket.remove(key, NULL);
                (Done::default(), removed.map(|_| Happened::removed("Delete", None)))
            }
            None => {
                let id =
                    bucket.store(key, None, self.shared.clock.wall(), self.shared.ids.version());
                let event = Happened::removed("DeleteMarkerCreated", Some(&id));
                let done = Done { marker: true, version: Some(id) };
                (done, Some(event))
            }
        };
        drop(state);
        if let Some(event) = event {
            self.tell(bucket_name, key, &event);
        }
        Ok(done)
    }
}

//! The operations' place.

use std::sync::{Arc, MutexGuard};

use s3s::{S3Result, s3_error};

use super::buckets::State;
use crate::embedded::{Shared, ids, lock};

/// The operations; each is in the module that its body names.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) shared: Arc<Shared>,
}

impl Store {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.s3.0)
    }

    /// Fails for a bucket that does not exist or that somebody else is expected to own.
    pub(super) fn check_bucket(&self, bucket: &str, expected_owner: Option<&str>) -> S3Result<()> {
        self.state().bucket(bucket)?;
        match expected_owner {
            Some(owner) if owner != ids::ACCOUNT => Err(s3_error!(AccessDenied, "Access Denied")),
            _ => Ok(()),
        }
    }
}

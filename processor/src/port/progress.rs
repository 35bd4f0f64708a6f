mod memory;

pub use memory::MemoryProgress;

use crate::error::Cause;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{fmt, future::Future};

/// Keeps what of each object is settled, so that a redelivery does the rest only. See
/// [`Builder::progress`](crate::Builder::progress).
///
/// It stores small files under names that the pipeline gives. What is in them is the pipeline's
/// matter: they carry a checksum of their own, and one that is damaged, old or lost costs that
/// records are done again, never a record. So a store may lose, repeat and delay as it likes, but
/// for one thing: [`save`](Self::save) replaces nothing but what the caller has seen.
///
/// With the feature `test-util` the function `testing::check_progress_store` tries all of this on a
/// store of your own.
pub trait ProgressStore: Send + Sync + 'static {
    /// What is stored under this name (32 hexadecimal digits), with its tag; `None` if nothing is.
    ///
    /// # Errors
    /// Anything that keeps it from being read. Then nothing is known of the object.
    fn load(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<(Bytes, ProgressTag)>, ProgressError>> + Send;

    /// Stores `bytes` under this name, if what is stored there has the tag `replaces` (`None`: if
    /// nothing is stored there), and tells the new tag. Each save makes a tag of its own; the same
    /// bytes may have the same.
    ///
    /// # Errors
    /// [`ProgressError::conflict`] if something else is stored there, whoever stored it: perhaps
    /// this caller, whose answer was lost. Anything else may have been stored or not.
    fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> impl Future<Output = Result<ProgressTag, ProgressError>> + Send;

    /// Deletes what is stored under this name, if anything is.
    ///
    /// # Errors
    /// Anything that keeps it from being deleted. It is not tried again: let the store delete what
    /// is older than the queue's retention.
    fn delete(&self, name: &str) -> impl Future<Output = Result<(), ProgressError>> + Send;
}

/// What a [`ProgressStore`] knows a stored file by: an ETag, say, or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressTag(String);

impl ProgressTag {
    /// Of this text.
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a [`ProgressStore`] did not do what it was asked for.
#[derive(Debug)]
pub struct ProgressError {
    is_conflict: bool,
    source: Cause,
}

impl ProgressError {
    /// Something else is stored there.
    pub fn conflict() -> Self {
        Self { is_conflict: true, source: "something else is stored there".into() }
    }

    /// It failed otherwise.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { is_conflict: false, source: error.into() }
    }

    /// Whether something else is stored there.
    pub fn is_conflict(&self) -> bool {
        self.is_conflict
    }
}

impl fmt::Display for ProgressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for ProgressError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}

type Loaded = Result<Option<(Bytes, ProgressTag)>, ProgressError>;

/// A [`ProgressStore`], whichever it is.
pub(crate) trait Progresses: Send + Sync {
    fn load<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Loaded>;

    fn save<'a>(
        &'a self,
        name: &'a str,
        bytes: Bytes,
        replaces: Option<&'a ProgressTag>,
    ) -> BoxFuture<'a, Result<ProgressTag, ProgressError>>;

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), ProgressError>>;
}

impl<S: ProgressStore> Progresses for S {
    fn load<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Loaded> {
        Box::pin(ProgressStore::load(self, name))
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        bytes: Bytes,
        replaces: Option<&'a ProgressTag>,
    ) -> BoxFuture<'a, Result<ProgressTag, ProgressError>> {
        Box::pin(ProgressStore::save(self, name, bytes, replaces))
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), ProgressError>> {
        Box::pin(ProgressStore::delete(self, name))
    }
}

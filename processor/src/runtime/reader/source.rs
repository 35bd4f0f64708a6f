use crate::{
    port::{Body, GetObject, PortError, PortErrorKind, Store, StoredObject},
    runtime::{lane::Shared, report},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// So many times in a row reading is resumed without a byte of progress.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that brings nothing for so long is given up and opened anew.
const STALL: Duration = Duration::from_secs(30);

/// Which object is read, by owned names.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version_id: Option<String>,
}

impl Name {
    pub(super) fn get<'a>(&'a self, from: u64, if_match: Option<&'a str>) -> GetObject<'a> {
        let version_id = self.version_id.as_deref();
        GetObject { bucket: &self.bucket, key: &self.key, version_id, from, if_match }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// An object's bytes, whatever becomes of connections.
///
/// A slow processor leaves the connection idle until S3 or a network in between resets it, so resuming is the normal
/// path: at the exact byte, and pinned to the ETag of the first answer, so that two versions are never spliced.
pub(super) struct Source {
    store: Arc<dyn Store>,
    shared: Shared,
    name: Name,
    etag: String,
    /// Of the whole object, where the store told it.
    size: Option<u64>,
    body: Option<Box<dyn Body>>,
    position: u64,
    /// Tries since the last byte.
    tries: u32,
}

impl Source {
    pub(super) fn new(store: Arc<dyn Store>, shared: Shared, name: Name, opened: StoredObject) -> Self {
        let StoredObject { etag, size, body, .. } = opened;
        Self { store, shared, name, etag, size, body: Some(body), position: 0, tries: 0 }
    }

    async fn next_bytes(&mut self) -> Result<Option<Bytes>, PortError> {
        loop {
            match self.try_next().await {
                Ok(next) => {
                    self.tries = 0;
                    self.position += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    return Ok(next);
                }
                // Nothing is missing, and nothing could be asked for: a range that begins at the end is refused.
                Err(error) if is_passing(&error) && self.size == Some(self.position) => return Ok(None),
                Err(error) => self.pause_before_resuming(error).await?,
            }
        }
    }

    async fn try_next(&mut self) -> Result<Option<Bytes>, PortError> {
        let stalled = |_| PortError::new(PortErrorKind::Transient, format!("no data for {STALL:?}"));
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let get = self.name.get(self.position, Some(&self.etag));
                let opened = tokio::time::timeout(STALL, self.store.get(get)).await.map_err(stalled)??;
                self.body.insert(opened.body)
            }
        };
        tokio::time::timeout(STALL, body.next()).await.map_err(stalled)?
    }

    /// Without an ETag nothing says that the bytes still belong together.
    async fn pause_before_resuming(&mut self, error: PortError) -> Result<(), PortError> {
        if !is_passing(&error) || self.etag.is_empty() || self.tries >= TRIES {
            return Err(error);
        }
        self.body = None;
        self.tries += 1;
        report::object_resumed(&self.shared.counters, &self.name, self.position, &error);
        let pause = FIRST_PAUSE.saturating_mul(1 << (self.tries - 1)).min(LONGEST_PAUSE);
        tokio::time::sleep(self.shared.env.jittered(pause)).await;
        Ok(())
    }
}

impl Body for Source {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
        Box::pin(self.next_bytes())
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Transient | PortErrorKind::Throttled)
}

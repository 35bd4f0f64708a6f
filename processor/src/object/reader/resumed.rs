use super::asking::{Asking, Refusal, STALL};
use crate::{
    port::{Body, PortError, PortErrorKind, StoredObject},
    runtime::report,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

/// An object's bytes, whatever becomes of connections.
///
/// A slow processor leaves the connection idle until S3 or a network in between resets it, so
/// resuming is the normal path: at the exact byte, and pinned to the ETag of the first answer, so
/// that two versions are never spliced.
pub(super) struct Resumed {
    asking: Asking,
    /// Ends the reading of this object.
    stop: CancellationToken,
    etag: String,
    /// Of the whole object, where the store told it.
    size: Option<u64>,
    body: Option<Box<dyn Body>>,
    /// The body has not brought anything yet.
    is_fresh: bool,
    position: u64,
}

impl Resumed {
    pub(super) fn new(asking: Asking, opened: StoredObject, stop: CancellationToken) -> Self {
        let StoredObject { etag, size, body, .. } = opened;
        Self { asking, stop, etag, size, body: Some(body), is_fresh: true, position: 0 }
    }

    async fn next_bytes(&mut self) -> Result<Option<Bytes>, PortError> {
        loop {
            match self.try_next().await {
                Ok(next) => {
                    if std::mem::take(&mut self.is_fresh) {
                        self.asking.succeeded();
                    }
                    self.position += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    return Ok(next);
                }
                // Nothing is missing, and nothing could be asked for: a range that begins at the
                // end is refused.
                Err(error) if is_passing(&error) && self.size == Some(self.position) => {
                    return Ok(None);
                }
                Err(error) => match self.wait_before_resuming(error).await {
                    Ok(()) => {}
                    Err(Refusal::Error(error)) => return Err(error),
                    Err(Refusal::HandBack) => {
                        // Ends the reading, and with it this future.
                        self.stop.cancel();
                        std::future::pending::<()>().await;
                    }
                },
            }
        }
    }

    async fn try_next(&mut self) -> Result<Option<Bytes>, PortError> {
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let opened = self.asking.open(self.position, Some(&self.etag), STALL).await?;
                self.is_fresh = true;
                self.body.insert(opened.body)
            }
        };
        let stalled =
            |_| PortError::new(PortErrorKind::Transient, format!("no data for {STALL:?}"));
        tokio::time::timeout(STALL, body.next()).await.map_err(stalled)?
    }

    /// Without an ETag nothing says that the bytes still belong together.
    async fn wait_before_resuming(&mut self, error: PortError) -> Result<(), Refusal> {
        if self.etag.is_empty() {
            return Err(Refusal::Error(error));
        }
        let (at, etag) = (self.position, Some(&*self.etag));
        let text = error.to_string();
        if self.body.take().is_some() && !self.is_fresh && is_passing(&error) {
            self.asking.broken().await;
            self.asking.admitted(at, etag).await?;
        } else {
            self.asking.failed(error, at, etag).await?;
        }
        report::object_resumed(&self.asking.shared.counters, &self.asking.name, at, &text);
        Ok(())
    }
}

impl Body for Resumed {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
        Box::pin(self.next_bytes())
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Transient | PortErrorKind::Throttled)
}

use super::{
    asking::{Asking, Refusal, STALL},
    chunks::{Arrived, Source},
    whole::Whole,
};
use crate::{
    port::{Body, PortError, PortErrorKind, StoredObject},
    runtime::report,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::time::Instant;

/// An object's bytes, whatever becomes of connections.
///
/// A slow processor leaves the connection idle until S3 or a network in between resets it, so
/// resuming is the normal path: at the exact byte, and pinned to the ETag of the first answer, so
/// that two versions are never spliced. That it was whole is found of all connections together.
pub(super) struct Resumed {
    asking: Asking,
    etag: String,
    whole: Whole,
    body: Option<Box<dyn Body>>,
    /// The body has not brought anything yet.
    is_fresh: bool,
    /// When the first request was sent, until its first byte came.
    asked_at: Option<Instant>,
}

impl Resumed {
    pub(super) fn new(asking: Asking, mut opened: StoredObject, asked_at: Instant) -> Self {
        let whole = Whole::of(&mut opened, &asking.name.notified);
        let StoredObject { etag, body, .. } = opened;
        Self { asking, etag, whole, body: Some(body), is_fresh: true, asked_at: Some(asked_at) }
    }

    /// Whoever reads it has to wait: it is asked for again then.
    pub(super) fn disconnect(&mut self) {
        (self.body, self.asked_at) = (None, None);
    }

    async fn next_bytes(&mut self) -> Arrived {
        loop {
            match self.try_next().await {
                Ok(next) => {
                    if std::mem::take(&mut self.is_fresh) {
                        self.asking.succeeded();
                    }
                    if let Some(asked_at) = self.asked_at.take() {
                        self.asking.shared.counters.timing.first_byte(asked_at.elapsed());
                    }
                    let bytes = next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    self.asking.shared.counters.objects.bytes_read.add(bytes);
                    return Ok(next);
                }
                // Nothing is missing, and nothing could be asked for: a range that begins at the
                // end is refused.
                Err(error) if is_passing(&error) && self.whole.has_all() => {
                    return self.whole.end().map(|()| None).map_err(Refusal::Error);
                }
                Err(error) => self.wait_before_resuming(error).await?,
            }
        }
    }

    /// The next bytes, found to be in order as far as can be told; `None`: all of them are.
    async fn try_next(&mut self) -> Result<Option<Bytes>, PortError> {
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let opened = self.asking.open(self.whole.read(), Some(&self.etag), STALL).await?;
                self.is_fresh = true;
                self.body.insert(opened.body)
            }
        };
        let stalled =
            |_| PortError::new(PortErrorKind::Transient, format!("no data for {STALL:?}"));
        let next = tokio::time::timeout(STALL, body.next()).await.map_err(stalled)??;
        match &next {
            Some(bytes) => self.whole.add(bytes)?,
            None => self.whole.end()?,
        }
        Ok(next)
    }

    /// Without an ETag nothing says that the bytes still belong together.
    async fn wait_before_resuming(&mut self, error: PortError) -> Result<(), Refusal> {
        if self.etag.is_empty() {
            return Err(Refusal::Error(error));
        }
        let at = self.whole.read();
        let text = error.to_string();
        if self.body.take().is_some() && !self.is_fresh && is_passing(&error) {
            self.asking.broken().await;
        } else {
            self.asking.failed(error).await?;
        }
        let Asking { shared, name, .. } = &self.asking;
        report::object_resumed(&shared.counters, &name.message_id, name, at, &text);
        Ok(())
    }
}

impl Source for Resumed {
    fn next(&mut self) -> BoxFuture<'_, Arrived> {
        Box::pin(self.next_bytes())
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Transient | PortErrorKind::Throttled)
}

use super::{
    asking::{Asking, Refusal, STALL},
    whole::Whole,
};
use crate::{
    object::state::ObjectState,
    port::{Body, PortError, PortErrorKind, StoredObject},
    runtime::report,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::sync::Arc;

/// An object's bytes, whatever becomes of connections.
///
/// A slow processor leaves the connection idle until S3 or a network in between resets it, so
/// resuming is the normal path: at the exact byte, and pinned to the ETag of the first answer, so
/// that two versions are never spliced. That it was whole is found of all connections together.
pub(super) struct Resumed {
    asking: Asking,
    state: Arc<ObjectState>,
    etag: String,
    whole: Whole,
    body: Option<Box<dyn Body>>,
    /// The body has not brought anything yet.
    is_fresh: bool,
}

impl Resumed {
    pub(super) fn new(asking: Asking, mut opened: StoredObject, state: Arc<ObjectState>) -> Self {
        let whole = Whole::of(&mut opened, &asking.name.notified);
        let StoredObject { etag, body, .. } = opened;
        Self { asking, state, etag, whole, body: Some(body), is_fresh: true }
    }

    async fn next_bytes(&mut self) -> Result<Option<Bytes>, PortError> {
        loop {
            match self.try_next().await {
                Ok(next) => {
                    if std::mem::take(&mut self.is_fresh) {
                        self.asking.succeeded();
                    }
                    return Ok(next);
                }
                // Nothing is missing, and nothing could be asked for: a range that begins at the
                // end is refused.
                Err(error) if is_passing(&error) && self.whole.has_all() => {
                    return self.whole.end().map(|()| None);
                }
                Err(error) => match self.wait_before_resuming(error).await {
                    Ok(()) => {}
                    Err(Refusal::Error(error)) => return Err(error),
                    Err(Refusal::Down(of)) => {
                        // Ends the reading, and with it this future.
                        self.state.hold(&of);
                        std::future::pending::<()>().await;
                    }
                },
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

impl Body for Resumed {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
        Box::pin(self.next_bytes())
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Transient | PortErrorKind::Throttled)
}

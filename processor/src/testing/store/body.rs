use super::{ObjectFault, bucket::Bucket};
use crate::port::{Body, PortError, PortErrorKind};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// An object's bytes, chunk by chunk, with what goes wrong.
pub(super) struct MemoryBody {
    bucket: Arc<Bucket>,
    key: String,
    rest: Bytes,
    sent: usize,
    size: usize,
    chunk: usize,
    fault: Option<ObjectFault>,
}

impl MemoryBody {
    pub(super) fn new(
        bucket: Arc<Bucket>,
        key: &str,
        bytes: Bytes,
        from: u64,
        chunk: usize,
        fault: Option<ObjectFault>,
    ) -> Self {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
        let key = key.to_owned();
        Self { bucket, key, sent: from, size: bytes.len(), rest: bytes.slice(from..), chunk, fault }
    }

    /// How many bytes come before something goes wrong.
    fn until_fault(&self) -> Option<usize> {
        match self.fault {
            Some(ObjectFault::Break(at) | ObjectFault::Short(at) | ObjectFault::Stall(at, _)) => {
                Some(at.saturating_sub(self.sent))
            }
            _ => None,
        }
    }

    /// How long nothing comes now; or the end of it.
    fn meet_fault(&mut self) -> Result<Duration, PortError> {
        let broken = |message: String| Err(PortError::new(PortErrorKind::Transient, message));
        match self.fault {
            Some(ObjectFault::Break(at)) if self.sent >= at => {
                self.struck();
                broken(format!("the connection broke after {} bytes", self.sent))
            }
            // The contract of a body: what is shorter than the store said is an error.
            Some(ObjectFault::Short(at)) if self.sent >= at && at < self.size => {
                self.struck();
                broken(format!("the body ended after {} of {} bytes", self.sent, self.size))
            }
            Some(ObjectFault::Stall(at, delay)) if self.sent >= at => {
                self.struck();
                self.fault = None;
                Ok(delay)
            }
            Some(ObjectFault::SlowChunks(delay)) => {
                self.struck();
                Ok(delay)
            }
            // The port's contract: whoever reads to the end learns that it was not what was stored.
            Some(ObjectFault::Checksum) if self.rest.is_empty() => {
                self.struck();
                Err(PortError::new(PortErrorKind::Fatal, "the checksum is not the stored one"))
            }
            _ => Ok(Duration::ZERO),
        }
    }
}

impl MemoryBody {
    fn struck(&self) {
        if let Some(fault) = self.fault {
            self.bucket.struck(&self.key, fault);
        }
    }
}

impl Body for MemoryBody {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
        Box::pin(async move {
            if self.bucket.is_cut() {
                return Err(PortError::new(PortErrorKind::Transient, "the connection broke"));
            }
            let delay = self.meet_fault()?;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let length =
                self.chunk.min(self.rest.len()).min(self.until_fault().unwrap_or(usize::MAX));
            self.sent += length;
            Ok(Some(self.rest.split_to(length)))
        })
    }
}

impl Drop for MemoryBody {
    fn drop(&mut self) {
        self.bucket.closed(&self.key);
    }
}

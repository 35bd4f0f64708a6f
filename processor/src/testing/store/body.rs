use super::{ObjectFault, bucket::Bucket};
use crate::port::{Body, PortError, PortErrorKind};
use bytes::{Bytes, BytesMut};
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
    /// The byte that is changed.
    corrupt: Option<usize>,
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
        let (key, size, rest) = (key.to_owned(), bytes.len(), bytes.slice(from..));
        let (corrupt, fault) = match fault {
            Some(ObjectFault::Corrupt(at)) => (Some(at), None),
            Some(ObjectFault::CorruptBreak(at, end)) => (Some(at), Some(ObjectFault::Break(end))),
            Some(ObjectFault::ChecksumBreak(end)) if from == 0 => {
                (None, Some(ObjectFault::Break(end)))
            }
            // What comes is as it is stored.
            Some(fault) if fault.is_of_checksum() => (None, None),
            fault => (None, fault),
        };
        Self { bucket, key, sent: from, size, rest, chunk, corrupt, fault }
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
            // The port's contract: a body that ends early looks like any other.
            Some(ObjectFault::Short(at)) if self.sent >= at && at < self.size => {
                self.struck();
                self.fault = None;
                self.rest.clear();
                Ok(Duration::ZERO)
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

    /// The next bytes, which may not be those that are stored.
    fn take(&mut self, length: usize) -> Bytes {
        let next = self.rest.split_to(length);
        let place = self.corrupt.and_then(|at| at.checked_sub(self.sent));
        self.sent += length;
        let Some(place) = place.filter(|place| *place < length) else { return next };
        self.bucket.struck(&self.key, ObjectFault::Corrupt(self.sent - length + place));
        let mut next = BytesMut::from(&next[..]);
        // Digits and most letters become others, so that records stay what looks like records.
        next[place] ^= 1;
        next.freeze()
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
            Ok(Some(self.take(length)))
        })
    }
}

impl Drop for MemoryBody {
    fn drop(&mut self) {
        self.bucket.closed(&self.key);
    }
}

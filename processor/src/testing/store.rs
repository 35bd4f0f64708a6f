//! An S3 bucket in memory.

mod body;
mod bucket;
mod fault;
mod sum;

pub(crate) use fault::ObjectFault;

use super::{Announced, Event, Trace};
use crate::{
    port::{Checksum, GetObject, PortError, PortErrorKind, Store, StoredObject, WasRead},
    record::Description,
};
use body::MemoryBody;
use bucket::{Bucket, Read, Version};
use bytes::Bytes;
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use sum::Sum;

const BUCKET: &str = "data";

/// An S3 bucket in memory. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct MemoryStore(Arc<Bucket>);

impl MemoryStore {
    pub(crate) fn new(trace: Trace) -> Self {
        Self(Arc::new(Bucket::new(trace)))
    }

    /// How many bytes come at once.
    pub(crate) fn chunk_size(&self, bytes: usize) {
        self.0.state().chunk = bytes.max(1);
    }

    /// Every request takes so long from now on.
    pub(crate) fn answers_after(&self, latency: Duration) {
        self.0.state().latency = latency;
    }

    /// From now on objects get versions.
    pub(crate) fn keep_versions(&self) {
        self.0.state().versioned = true;
    }

    /// From now on the store does not say how large an object is.
    pub(crate) fn hide_sizes(&self) {
        self.0.state().unsized_ = true;
    }

    /// From now on it says this of each object.
    pub(crate) fn describe(&self, description: Description) {
        self.0.state().description = description;
    }

    /// From now on the store does not say which ETag an object has.
    pub(crate) fn hide_etags(&self) {
        self.0.state().untagged = true;
    }

    /// From now on the store does not say which checksum an object has.
    pub(crate) fn hide_checksums(&self) {
        self.0.state().unsummed = true;
    }

    /// Writes an object, and says what S3 would announce.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Announced {
        let bytes = bytes.into();
        let etag = etag(&bytes);
        let (size, sum) = (bytes.len() as u64, Sum::of(&bytes));
        let mut state = self.0.state();
        state.versions += 1;
        let id = state.versioned.then(|| format!("v{}", state.versions));
        let versions = state.objects.entry(key.to_owned()).or_default();
        if id.is_none() {
            versions.clear();
        }
        let (etag_of, tags) = (etag.clone(), BTreeMap::new());
        versions.push(Version { id: id.clone(), etag: etag_of, bytes: Some(bytes), sum, tags });
        Announced { bucket: BUCKET.into(), key: key.into(), version_id: id, etag, size }
    }

    /// Deletes the key. Where versions are kept they stay, below a delete marker.
    pub(crate) fn remove(&self, key: &str) {
        let mut state = self.0.state();
        if !state.versioned {
            state.objects.remove(key);
            return;
        }
        state.versions += 1;
        let id = Some(format!("v{}", state.versions));
        let (etag, tags) = (String::new(), BTreeMap::new());
        let marker = Version { id, etag, bytes: None, sum: 0, tags };
        state.objects.entry(key.to_owned()).or_default().push(marker);
    }

    /// The next so many reads of the object suffer the fault.
    pub(crate) fn fail(&self, key: &str, fault: ObjectFault, times: usize) {
        self.0.state().faults.insert(key.to_owned(), [(fault, times)].into());
    }

    /// The next reads of the object suffer these faults, one each.
    pub(crate) fn fail_in_turn(&self, key: &str, faults: impl IntoIterator<Item = ObjectFault>) {
        let faults = faults.into_iter().map(|fault| (fault, 1)).collect();
        self.0.state().faults.insert(key.to_owned(), faults);
    }

    /// Every request for a key that begins so fails in this way, until told otherwise.
    pub(crate) fn refuse(&self, prefix: &str, kind: PortErrorKind) {
        self.0.state().refusals.insert(prefix.to_owned(), kind);
    }

    /// Requests for keys that begin so no longer fail.
    pub(crate) fn allow(&self, prefix: &str) {
        self.0.state().refusals.remove(prefix);
    }

    /// The network is gone, for requests and for bodies that are being read; or it is back.
    pub(crate) fn cut(&self, cut: bool) {
        if cut {
            self.refuse("", PortErrorKind::Transient);
        } else {
            self.allow("");
        }
        self.0.state().cut = cut;
    }

    /// Every read so far of an object that was there.
    pub(crate) fn reads(&self) -> Vec<Read> {
        self.0.state().reads.clone()
    }

    /// How many bodies were open at once, at the most.
    pub(crate) fn most_open(&self) -> usize {
        self.0.state().most_open
    }

    /// How many keys have an object.
    pub(crate) fn len(&self) -> usize {
        self.0.state().objects.len()
    }

    /// How many bodies are open now.
    pub(crate) fn open(&self) -> usize {
        self.0.state().open
    }

    /// The next requests to delete or tag fail so, one each.
    pub(crate) fn refuse_to_finish(&self, kinds: impl IntoIterator<Item = PortErrorKind>) {
        self.0.state().finish_refusals.extend(kinds);
    }

    /// The tags of the newest version.
    pub(crate) fn tags(&self, key: &str) -> BTreeMap<String, String> {
        let state = self.0.state();
        let newest = state.objects.get(key).and_then(|versions| versions.last());
        newest.map(|version| version.tags.clone()).unwrap_or_default()
    }

    /// The bytes of each version of a key.
    pub(crate) fn versions(&self, key: &str) -> Vec<Option<Bytes>> {
        let state = self.0.state();
        let versions = state.objects.get(key).into_iter().flatten();
        versions.map(|version| version.bytes.clone()).collect()
    }

    /// Deletes or tags what was read.
    async fn finish(
        &self,
        object: WasRead<'_>,
        tag: Option<(&str, &str)>,
    ) -> Result<(), PortError> {
        let WasRead { bucket, key, version_id, etag, .. } = object;
        let failed = |kind, code| PortError::new(kind, format!("s3://{bucket}/{key}: {code}"));
        let latency = self.0.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let mut state = self.0.state();
        if let Some(kind) = state.finish_refusals.pop_front() {
            return Err(failed(kind, "refused"));
        }
        let versioned = state.versioned;
        let gone = || failed(PortErrorKind::Gone, "NoSuchKey");
        let versions = state.objects.get_mut(key).filter(|_| bucket == BUCKET).ok_or_else(gone)?;
        let at = match version_id {
            Some(id) => versions.iter().position(|version| version.id.as_deref() == Some(id)),
            None => versions.len().checked_sub(1),
        };
        let at = at.ok_or_else(gone)?;
        if version_id.is_none() && versions[at].etag != etag {
            return Err(failed(PortErrorKind::Changed, "PreconditionFailed"));
        }
        match tag {
            Some((key, value)) => {
                versions[at].tags.insert(key.to_owned(), value.to_owned());
            }
            None => {
                versions.remove(at);
                if versions.is_empty() && !versioned {
                    state.objects.remove(key);
                }
            }
        }
        drop(state);
        let (object, etag) = (key.to_owned(), etag.to_owned());
        self.0.trace.note(Event::Finished { object, etag });
        Ok(())
    }

    /// The version asked for, and what goes wrong with it.
    fn find(&self, get: &GetObject<'_>) -> Option<(Version, Bytes, Option<ObjectFault>)> {
        let mut state = self.0.state();
        let fault = state.next_fault(get.key);
        let versions = state.objects.get(get.key).filter(|_| get.bucket == BUCKET)?;
        let found = match get.version_id {
            Some(id) => versions.iter().find(|version| version.id.as_deref() == Some(id)),
            None => versions.last(),
        };
        let found = found.cloned()?;
        let bytes = found.bytes.clone()?;
        if !self.0.trace.is_forgetful() {
            let (key, version_id) = (get.key.to_owned(), get.version_id.map(str::to_owned));
            state.reads.push(Read {
                key,
                version_id,
                from: get.from,
                is_pinned: get.if_match.is_some(),
            });
        }
        Some((found, bytes, fault))
    }

    async fn open_object(&self, get: GetObject<'_>) -> Result<StoredObject, PortError> {
        let name = format!("s3://{}/{}", get.bucket, get.key);
        self.0.trace.note(Event::Opened { object: get.key.to_owned() });
        let _asked = Asked { trace: self.0.trace.clone(), object: get.key.to_owned() };
        let failed = |kind, code| PortError::new(kind, format!("reading {name}: {code}"));
        let missing = || failed(PortErrorKind::Gone, "NoSuchKey");
        let latency = self.0.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if let Some(kind) = self.0.refusal(get.key) {
            return Err(failed(kind, "refused"));
        }
        let (version, bytes, fault) = self.find(&get).ok_or_else(missing)?;
        if let Some(fault) = fault.filter(|fault| fault.strikes_at_once()) {
            self.0.struck(get.key, fault);
        }
        match fault {
            Some(ObjectFault::Missing) => return Err(missing()),
            Some(ObjectFault::Denied) => return Err(failed(PortErrorKind::Denied, "AccessDenied")),
            Some(ObjectFault::Unavailable) => {
                return Err(failed(PortErrorKind::Throttled, "SlowDown"));
            }
            Some(ObjectFault::SlowOpen(delay)) => tokio::time::sleep(delay).await,
            Some(ObjectFault::Panic) => std::panic::resume_unwind(Box::new("told to panic")),
            _ => {}
        }
        if get.if_match.is_some_and(|etag| etag != version.etag) {
            return Err(failed(PortErrorKind::Changed, "PreconditionFailed"));
        }
        if get.from > 0 && get.from >= bytes.len() as u64 {
            return Err(failed(PortErrorKind::Fatal, "InvalidRange"));
        }
        let (chunk, size, untagged, tells_sums) = {
            let mut state = self.0.state();
            state.open += 1;
            state.most_open = state.most_open.max(state.open);
            let size = (!state.unsized_).then_some(bytes.len() as u64);
            (state.chunk, size, state.untagged, !state.unsummed)
        };
        let of_checksum = fault.filter(|fault| fault.is_of_checksum());
        let sum = Sum::new(version.sum, of_checksum, &self.0, get.key);
        let checksum = (get.from == 0 && tells_sums).then(|| Box::new(sum) as Box<dyn Checksum>);
        let body =
            Box::new(MemoryBody::new(Arc::clone(&self.0), get.key, bytes, get.from, chunk, fault));
        self.0.trace.note(Event::Body { object: get.key.to_owned(), from: get.from });
        let etag = if untagged { String::new() } else { version.etag };
        let description = self.0.state().description.clone();
        Ok(StoredObject { etag, version_id: version.id, size, description, checksum, body })
    }
}

/// A request for an object, until it is answered or nobody waits for it any more.
struct Asked {
    trace: Trace,
    object: String,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.trace.note(Event::Answered { object: std::mem::take(&mut self.object) });
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>> {
        Box::pin(self.open_object(get))
    }

    fn delete<'a>(&'a self, object: WasRead<'a>) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(self.finish(object, None))
    }

    fn tag<'a>(
        &'a self,
        object: WasRead<'a>,
        key: &'a str,
        value: &'a str,
    ) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(self.finish(object, Some((key, value))))
    }
}

/// Any hash will do, as long as the same bytes have the same.
fn etag(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

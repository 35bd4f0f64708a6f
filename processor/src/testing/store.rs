//! An S3 bucket in memory.

mod body;
mod sum;

use super::{Announced, Event, Trace};
use crate::port::{Checksum, GetObject, PortError, PortErrorKind, Store, StoredObject};
use body::MemoryBody;
use bytes::Bytes;
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sum::Sum;

const BUCKET: &str = "data";

/// What goes wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectFault {
    /// It is not there.
    Missing,
    /// It may not be read.
    Denied,
    /// The store is unwell.
    Unavailable,
    /// The request is answered only after so long.
    SlowOpen(Duration),
    /// The connection breaks after so many bytes.
    Break(usize),
    /// The body ends after so many bytes, as if that were all.
    Short(usize),
    /// Nothing comes for so long after so many bytes.
    Stall(usize, Duration),
    /// Every chunk takes so long.
    SlowChunks(Duration),
    /// One bit of this byte is another one on its way over this connection.
    Corrupt(usize),
    /// The same, and the connection breaks after so many bytes.
    CorruptBreak(usize, usize),
    /// The bytes come as they are stored; the checksum that comes with them is that of others.
    /// Nothing goes wrong with a connection that resumes: it tells none.
    Checksum,
    /// The same, and the connection breaks after so many bytes.
    ChecksumBreak(usize),
    /// The client panics.
    Panic,
}

/// An S3 bucket in memory. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct MemoryStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    trace: Trace,
}

#[derive(Debug)]
struct State {
    objects: BTreeMap<String, Vec<Version>>,
    /// What goes wrong next, and how many times.
    faults: BTreeMap<String, VecDeque<(ObjectFault, usize)>>,
    /// How requests fail for keys that begin so, until told otherwise.
    refusals: BTreeMap<String, PortErrorKind>,
    /// Connections break.
    cut: bool,
    /// Every read of an object that is there.
    reads: Vec<Read>,
    chunk: usize,
    /// How long every request takes.
    latency: Duration,
    versioned: bool,
    /// Does not tell how large an object is.
    unsized_: bool,
    /// Does not tell ETags.
    untagged: bool,
    /// Does not tell checksums.
    unsummed: bool,
    versions: u32,
    open: usize,
    most_open: usize,
}

/// A read, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) from: u64,
    pub(crate) is_pinned: bool,
}

#[derive(Debug, Clone)]
struct Version {
    id: Option<String>,
    etag: String,
    /// `None`: a delete marker.
    bytes: Option<Bytes>,
    sum: u32,
}

impl MemoryStore {
    pub(crate) fn new(trace: Trace) -> Self {
        let state = State {
            objects: BTreeMap::new(),
            faults: BTreeMap::new(),
            refusals: BTreeMap::new(),
            cut: false,
            reads: Vec::new(),
            chunk: 16 << 10,
            latency: Duration::ZERO,
            versioned: false,
            unsized_: false,
            untagged: false,
            unsummed: false,
            versions: 0,
            open: 0,
            most_open: 0,
        };
        Self(Arc::new(Inner { state: Mutex::new(state), trace }))
    }

    /// How many bytes come at once.
    pub(crate) fn chunk_size(&self, bytes: usize) {
        self.state().chunk = bytes.max(1);
    }

    /// Every request takes so long from now on.
    pub(crate) fn answers_after(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// From now on objects get versions.
    pub(crate) fn keep_versions(&self) {
        self.state().versioned = true;
    }

    /// From now on the store does not say how large an object is.
    pub(crate) fn hide_sizes(&self) {
        self.state().unsized_ = true;
    }

    /// From now on the store does not say which ETag an object has.
    pub(crate) fn hide_etags(&self) {
        self.state().untagged = true;
    }

    /// From now on the store does not say which checksum an object has.
    pub(crate) fn hide_checksums(&self) {
        self.state().unsummed = true;
    }

    /// Writes an object, and says what S3 would announce.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Announced {
        let bytes = bytes.into();
        let etag = etag(&bytes);
        let (size, sum) = (bytes.len() as u64, Sum::of(&bytes));
        let mut state = self.state();
        state.versions += 1;
        let id = state.versioned.then(|| format!("v{}", state.versions));
        let versions = state.objects.entry(key.to_owned()).or_default();
        if id.is_none() {
            versions.clear();
        }
        versions.push(Version { id: id.clone(), etag: etag.clone(), bytes: Some(bytes), sum });
        Announced { bucket: BUCKET.into(), key: key.into(), version_id: id, etag, size }
    }

    /// Deletes the key. Where versions are kept they stay, below a delete marker.
    pub(crate) fn remove(&self, key: &str) {
        let mut state = self.state();
        if !state.versioned {
            state.objects.remove(key);
            return;
        }
        state.versions += 1;
        let id = Some(format!("v{}", state.versions));
        let marker = Version { id, etag: String::new(), bytes: None, sum: 0 };
        state.objects.entry(key.to_owned()).or_default().push(marker);
    }

    /// The next so many reads of the object suffer the fault.
    pub(crate) fn fail(&self, key: &str, fault: ObjectFault, times: usize) {
        self.state().faults.insert(key.to_owned(), [(fault, times)].into());
    }

    /// The next reads of the object suffer these faults, one each.
    pub(crate) fn fail_in_turn(&self, key: &str, faults: impl IntoIterator<Item = ObjectFault>) {
        let faults = faults.into_iter().map(|fault| (fault, 1)).collect();
        self.state().faults.insert(key.to_owned(), faults);
    }

    /// Every request for a key that begins so fails in this way, until told otherwise.
    pub(crate) fn refuse(&self, prefix: &str, kind: PortErrorKind) {
        self.state().refusals.insert(prefix.to_owned(), kind);
    }

    /// Requests for keys that begin so no longer fail.
    pub(crate) fn allow(&self, prefix: &str) {
        self.state().refusals.remove(prefix);
    }

    /// The network is gone, for requests and for bodies that are being read; or it is back.
    pub(crate) fn cut(&self, cut: bool) {
        if cut {
            self.refuse("", PortErrorKind::Transient);
        } else {
            self.allow("");
        }
        self.state().cut = cut;
    }

    fn is_cut(&self) -> bool {
        self.state().cut
    }

    fn refusal(&self, key: &str) -> Option<PortErrorKind> {
        let state = self.state();
        state
            .refusals
            .iter()
            .find(|(prefix, _)| key.starts_with(prefix.as_str()))
            .map(|(_, kind)| *kind)
    }

    /// Every read so far of an object that was there.
    pub(crate) fn reads(&self) -> Vec<Read> {
        self.state().reads.clone()
    }

    /// How many bodies were open at once, at the most.
    pub(crate) fn most_open(&self) -> usize {
        self.state().most_open
    }

    /// How many keys have an object.
    pub(crate) fn len(&self) -> usize {
        self.state().objects.len()
    }

    /// How many bodies are open now.
    pub(crate) fn open(&self) -> usize {
        self.state().open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self, key: &str) {
        self.state().open -= 1;
        self.0.trace.note(Event::Closed { object: key.to_owned() });
    }

    fn struck(&self, key: &str, fault: ObjectFault) {
        self.0.trace.note(Event::Struck { object: key.to_owned(), fault });
    }

    /// The version asked for, and what goes wrong with it.
    fn find(&self, get: &GetObject<'_>) -> Option<(Version, Bytes, Option<ObjectFault>)> {
        let mut state = self.state();
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
        let latency = self.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if let Some(kind) = self.refusal(get.key) {
            return Err(failed(kind, "refused"));
        }
        let (version, bytes, fault) = self.find(&get).ok_or_else(missing)?;
        if let Some(fault) = fault.filter(|fault| fault.strikes_at_once()) {
            self.struck(get.key, fault);
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
            let mut state = self.state();
            state.open += 1;
            state.most_open = state.most_open.max(state.open);
            let size = (!state.unsized_).then_some(bytes.len() as u64);
            (state.chunk, size, state.untagged, !state.unsummed)
        };
        let sum =
            Sum::new(version.sum, fault.filter(|fault| fault.is_of_checksum()), self, get.key);
        let checksum = (get.from == 0 && tells_sums).then(|| Box::new(sum) as Box<dyn Checksum>);
        let body = Box::new(MemoryBody::new(self.clone(), get.key, bytes, get.from, chunk, fault));
        self.0.trace.note(Event::Body { object: get.key.to_owned(), from: get.from });
        let etag = if untagged { String::new() } else { version.etag };
        Ok(StoredObject { etag, version_id: version.id, size, checksum, body })
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

impl ObjectFault {
    /// Whether it hits the request, and not the body.
    fn strikes_at_once(self) -> bool {
        matches!(
            self,
            Self::Missing | Self::Denied | Self::Unavailable | Self::SlowOpen(_) | Self::Panic
        )
    }

    /// Whether it hits neither the request nor the body.
    fn is_of_checksum(self) -> bool {
        matches!(self, Self::Checksum | Self::ChecksumBreak(_))
    }
}

impl State {
    fn next_fault(&mut self, key: &str) -> Option<ObjectFault> {
        let faults = self.faults.get_mut(key)?;
        let (fault, times) = faults.front_mut()?;
        let fault = (*times > 0).then_some(*fault);
        *times = times.saturating_sub(1);
        if *times == 0 {
            faults.pop_front();
        }
        fault
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, get: GetObject<'a>) -> BoxFuture<'a, Result<StoredObject, PortError>> {
        Box::pin(self.open_object(get))
    }
}

/// Any hash will do, as long as the same bytes have the same.
fn etag(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

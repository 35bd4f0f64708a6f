use super::QuarantineStore;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Keeps records that were put aside in this process: for tests. Cloning shares it.
///
/// It grows without bound, and ends with the process: what it keeps of a real queue is lost then.
#[derive(Clone, Default)]
pub struct MemoryQuarantine(Arc<Mutex<BTreeMap<String, Bytes>>>);

impl MemoryQuarantine {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// All files, by name; [`QuarantinedRecord::read_file`](crate::QuarantinedRecord::read_file)
    /// reads them.
    pub fn files(&self) -> BTreeMap<String, Bytes> {
        self.all().clone()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QuarantineStore for MemoryQuarantine {
    async fn put(
        &self,
        name: &str,
        file: Bytes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.all().insert(name.to_owned(), file);
        Ok(())
    }
}

impl fmt::Debug for MemoryQuarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQuarantine").field("files", &self.all().len()).finish()
    }
}

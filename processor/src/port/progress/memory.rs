use super::{ProgressError, ProgressStore, ProgressTag};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// So many files are kept, the newest.
const MOST: usize = 10_000;

/// Keeps progress in this process: a record that was done is not done again when its message comes
/// back here. What another process did, or this one before it was restarted, is not known.
///
/// It keeps 10,000 sets at most, of some kilobytes each at most, and forgets the oldest. Cloning
/// shares it.
#[derive(Clone, Default)]
pub struct MemoryProgress(Arc<Mutex<Files>>);

#[derive(Default)]
struct Files {
    by_name: HashMap<String, (u64, Bytes)>,
    /// Which was stored when.
    names: BTreeMap<u64, String>,
    next: u64,
}

impl MemoryProgress {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many sets are kept.
    pub fn len(&self) -> usize {
        self.files().by_name.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    fn remove(&mut self, name: &str) {
        if let Some((number, _)) = self.by_name.remove(name) {
            self.names.remove(&number);
        }
    }
}

fn tag(number: u64) -> ProgressTag {
    ProgressTag::new(number.to_string())
}

impl ProgressStore for MemoryProgress {
    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, ProgressError> {
        let files = self.files();
        Ok(files.by_name.get(name).map(|(number, bytes)| (bytes.clone(), tag(*number))))
    }

    async fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, ProgressError> {
        let mut files = self.files();
        if files.by_name.get(name).map(|(number, _)| tag(*number)).as_ref() != replaces {
            return Err(ProgressError::conflict());
        }
        files.remove(name);
        files.next += 1;
        let number = files.next;
        files.by_name.insert(name.to_owned(), (number, bytes));
        files.names.insert(number, name.to_owned());
        while files.names.len() > MOST
            && let Some((_, oldest)) = files.names.pop_first()
        {
            files.by_name.remove(&oldest);
        }
        Ok(tag(number))
    }

    async fn delete(&self, name: &str) -> Result<(), ProgressError> {
        self.files().remove(name);
        Ok(())
    }
}

impl fmt::Debug for MemoryProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryProgress").field("sets", &self.len()).finish()
    }
}

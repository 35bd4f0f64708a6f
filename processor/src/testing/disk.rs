use crate::port::{Disk, DiskFile};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A disk in memory. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    usage: Usage,
    /// So many bytes fit on it, where that is bounded.
    size: Option<u64>,
    /// No file may be larger.
    largest: Option<u64>,
    /// So many things go well before one fails, again and again.
    failures: VecDeque<u64>,
}

/// What a disk is used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// How many files there are, and how many bytes they are to hold.
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    /// The most bytes there ever were.
    pub(crate) most: u64,
    /// How many files there ever were.
    pub(crate) ever: u64,
    /// What was refused.
    pub(crate) refused: u64,
}

struct MemoryFile {
    disk: MemoryDisk,
    room: u64,
    chunks: VecDeque<Bytes>,
}

impl MemoryDisk {
    pub(crate) fn usage(&self) -> Usage {
        self.state().usage
    }

    /// From now on only so many bytes fit on it.
    pub(crate) fn resize(&self, bytes: Option<u64>) {
        self.state().size = bytes;
    }

    /// From now on no file may be larger.
    pub(crate) fn bound_files(&self, bytes: u64) {
        self.state().largest = Some(bytes);
    }

    /// After so many steps (a file is made, something is written or read) one fails, and so on.
    pub(crate) fn fail_after(&self, steps: impl IntoIterator<Item = u64>) {
        self.state().failures = steps.into_iter().collect();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.state();
        match state.failures.front_mut() {
            Some(0) => {
                state.failures.pop_front();
                state.usage.refused += 1;
                Err(io::Error::other("the disk is broken"))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Disk for MemoryDisk {
    fn create<'a>(
        &'a self,
        _: &'a Path,
        bytes: u64,
    ) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>> {
        Box::pin(async move {
            self.step()?;
            let mut state = self.state();
            if state.largest.is_some_and(|largest| largest < bytes) {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let usage = &mut state.usage;
            let after = usage.bytes + bytes;
            if state.size.is_some_and(|size| size < after) {
                state.usage.refused += 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            let usage = &mut state.usage;
            (usage.files, usage.ever) = (usage.files + 1, usage.ever + 1);
            (usage.bytes, usage.most) = (after, usage.most.max(after));
            let disk = self.clone();
            Ok(Box::new(MemoryFile { disk, room: bytes, chunks: VecDeque::new() })
                as Box<dyn DiskFile>)
        })
    }
}

impl DiskFile for MemoryFile {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.disk.step()?;
            self.chunks.push_back(bytes);
            Ok(())
        })
    }

    fn rewind(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { self.disk.step() })
    }

    fn read(&mut self) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        Box::pin(async {
            self.disk.step()?;
            Ok(self.chunks.pop_front())
        })
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        let usage = &mut self.disk.state().usage;
        (usage.files, usage.bytes) = (usage.files - 1, usage.bytes - self.room);
    }
}
